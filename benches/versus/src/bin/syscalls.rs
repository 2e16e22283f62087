//! The system calls of a round trip: shirr's, tokio's, and those of a loop written by hand.
//!
//! ```sh
//! cargo run --release -p versus --bin syscalls
//! ```
//!
//! The table's `echo_1` and `echo_64`, without a clock: each side runs under strace in a
//! process of its own, twice, the second time with four times the round trips. What the longer
//! run made more is what the round trips cost; what connecting and starting costs, both made.
//! The program fails if shirr makes more than two percent more calls than the loop.
//!
//! It needs strace, which Debian has in a package of that name.

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the table's workloads of memory")]
#[path = "../../table/child.rs"]
mod child;
#[cfg(target_os = "linux")]
#[path = "../../table/epoll.rs"]
mod epoll;
#[cfg(target_os = "linux")]
#[path = "../../table/floor.rs"]
mod floor;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "nothing is timed")]
#[path = "../meter.rs"]
mod meter;
#[cfg(target_os = "linux")]
#[path = "../../table/runtimes/mod.rs"]
mod runtimes;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "only who does the work is needed, not the table's lines")]
#[path = "../../table/workload.rs"]
mod workload;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "the other workloads, and the other runtimes")]
#[path = "../../table/workloads/mod.rs"]
mod workloads;

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    return counting::main();
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("strace counts system calls on Linux only");
        std::process::ExitCode::FAILURE
    }
}

#[cfg(target_os = "linux")]
mod counting {
    use crate::runtimes::{Shirr, Tokio};
    use crate::workloads::net::{self, TRIPS};
    use std::collections::BTreeMap;
    use std::process::{Command, ExitCode};

    const SIDES: [&str; 3] = ["shirr", "tokio", "by hand"];

    /// Of a message.
    const BYTES: usize = 64;

    /// How many calls more than the loop's shirr may make.
    const MOST: f64 = 1.02;

    /// How often the workload is done in the shorter run and in the longer one.
    const TIMES: [u32; 2] = [1, 4];

    /// How many calls of each name.
    type Calls = BTreeMap<String, f64>;

    pub(super) fn main() -> ExitCode {
        let args: Vec<_> = std::env::args().skip(1).collect();
        if let [side, connections, times] = &args[..] {
            work(side, connections.parse().unwrap(), times.parse().unwrap());
            return ExitCode::SUCCESS;
        }
        if let Err(error) = Command::new("strace").arg("--version").output() {
            eprintln!("strace cannot be started ({error}); apt-get install strace");
            return ExitCode::FAILURE;
        }
        let kept: Vec<_> = [1, 64].into_iter().map(compare).collect();
        if kept.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// What runs under strace.
    fn work(side: &str, connections: u64, times: u32) {
        let mut contender = match side {
            "shirr" => net::echo_on::<Shirr>(connections, BYTES),
            "tokio" => net::echo_on::<Tokio>(connections, BYTES),
            _ => net::echo_by_hand(connections, BYTES),
        };
        assert_eq!((contender.work)(times), u64::from(times) * TRIPS * BYTES as u64);
    }

    /// Prints a table; says whether shirr keeps within [`MOST`].
    fn compare(connections: u64) -> bool {
        let sides = SIDES.map(|side| per_trip(side, connections));
        let total = sides.each_ref().map(|calls| calls.values().sum::<f64>());
        println!("| calls per round trip, {connections} connections | {} |", SIDES.join(" | "));
        println!("|---|---|---|---|");
        for name in sides.iter().flat_map(BTreeMap::keys).collect::<std::collections::BTreeSet<_>>() {
            print_row(name, sides.each_ref().map(|calls| calls.get(name).copied().unwrap_or(0.0)));
        }
        print_row("together", total);
        let [shirr, _, by_hand] = total;
        let kept = shirr <= by_hand * MOST;
        let verdict = if kept { "reached" } else { "MISSED" };
        println!("shirr / by hand: {:.4}, at most {MOST} {verdict}\n", shirr / by_hand);
        kept
    }

    fn print_row(what: &str, [shirr, tokio, by_hand]: [f64; 3]) {
        println!("| {what} | {shirr:.3} | {tokio:.3} | {by_hand:.3} |");
    }

    /// What one round trip costs, without what is paid once.
    fn per_trip(side: &str, connections: u64) -> Calls {
        let [shorter, mut longer] = TIMES.map(|times| traced(side, connections, times));
        for (name, calls) in shorter {
            *longer.entry(name).or_default() -= calls;
        }
        let trips = f64::from(TIMES[1] - TIMES[0]) * TRIPS as f64;
        // Less than one in a hundred: the allocator's, and others that are not made each time.
        longer.retain(|_, calls| calls.abs() > trips / 100.0);
        longer.values_mut().for_each(|calls| *calls /= trips);
        longer
    }

    /// The calls of one run, by strace's summary.
    fn traced(side: &str, connections: u64, times: u32) -> Calls {
        let this = std::env::current_exe().expect("a running program has a file");
        let mut strace = Command::new("strace");
        strace.args(["--follow-forks", "--summary-only", "--summary-columns=calls,name", "--"]);
        strace.arg(this).args([side, &connections.to_string(), &times.to_string()]);
        let output = strace.output().expect("strace was there a moment ago");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // Every line but the rulers, the headings and the last one, which is the sum.
        let calls = said.lines().filter_map(|line| {
            let (calls, name) = line.trim().split_once(char::is_whitespace)?;
            Some((name.trim().to_owned(), calls.parse().ok()?))
        });
        calls.filter(|(name, _)| name != "total").collect()
    }
}
