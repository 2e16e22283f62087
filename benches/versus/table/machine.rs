//! What was measured where: the machine, the versions and the day.

use cargo_lock::{Lockfile, Package};
use std::num::NonZero;
use std::thread;
use sysinfo::{CpuRefreshKind, RefreshKind, System};

/// The crates whose work is in the figures, as far as this package asks for them by name.
const MEASURED: [&str; 17] = [
    "shirr",
    "tokio",
    "async-executor",
    "async-io",
    "monoio",
    "compio",
    "async-local-executor",
    "futures",
    "futures-concurrency",
    "futures-lite",
    "async-channel",
    "hyper",
    "hyper-util",
    "smol-hyper",
    "monoio-compat",
    "cyper-core",
    "rustix",
];

/// The processor's name without the words that all of them have: "Intel Xeon".
pub(crate) fn processor() -> String {
    let name = brand().replace("(R)", "").replace("(TM)", "");
    let words = name.split_whitespace().filter(|word| !["Processor", "CPU"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

fn brand() -> String {
    let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
    let brand = system.cpus().first().map_or("", |cpu| cpu.brand()).trim();
    String::from(if brand.is_empty() { "a processor that gives no name" } else { brand })
}

/// The system, the processor, and how many threads it runs at a time.
pub(crate) fn machine() -> String {
    let processor = brand();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let name = System::long_os_version().unwrap_or_else(|| String::from("an unnamed system"));
    let kernel = System::kernel_version().unwrap_or_default();
    // What follows a dash is the distributor's.
    let kernel = kernel.split('-').next().filter(|version| !version.is_empty()).unwrap_or("unknown");
    format!("{name}, kernel {kernel}; {processor}, of which {cores} cores can be used")
}

/// The compiler and every measured crate, in the versions of the workspace's Cargo.lock.
pub(crate) fn versions() -> String {
    let rustc = match rustc_version::version_meta() {
        Ok(meta) => meta.short_version_string,
        Err(_) => String::from("a rustc that does not say its version"),
    };
    let lock: Lockfile = include_str!("../../../Cargo.lock").parse().expect("cargo reads it too");
    let crates = MEASURED.map(|name| version(&lock.packages, name));
    format!("{rustc}; {}", crates.join(", "))
}

/// There may be several versions of a crate; it is this package's that is measured.
fn version(packages: &[Package], name: &str) -> String {
    let package = |wanted: &str| packages.iter().find(|package| package.name.as_str() == wanted);
    let own = package(env!("CARGO_PKG_NAME")).expect("this package is in the workspace");
    let mut needed = own.dependencies.iter();
    let found = needed.find(|needed| needed.name.as_str() == name).expect("it is a dependency");
    format!("{name} {}", found.version)
}

/// How many programs wanted a core in the last minute, on average.
pub(crate) fn load() -> f64 {
    System::load_average().one
}

/// Today, in UTC.
pub(crate) fn day() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
