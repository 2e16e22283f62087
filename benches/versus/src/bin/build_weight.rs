//! What a clean build of shirr costs a program that depends on it, beside the same with tokio.
//!
//! ```sh
//! cargo run --release -p versus --bin build_weight
//! cargo run --release -p versus --bin build_weight -- --write    # also into benches/RESULTS.md
//! ```
//!
//! It stands here because it writes the section *Building* of RESULTS.md, which DESIGN.md quotes.
//!
//! Two packages with an empty library are made in the target folder. One depends on shirr as
//! it is by default, the other on tokio, in the version of this workspace's lock file, with
//! the features that give the same: rt, net and time. Each is built from nothing, for dev and
//! for release, in an order that is shuffled anew each round.
//!
//! It counts the processor time of cargo and of all that cargo starts, inside the kernel and
//! outside. How long a build takes also depends on the number of processors, and on what else
//! there is to build: many programs already have one of tokio's crates.

#[cfg(target_os = "linux")]
#[path = "../sections.rs"]
mod sections;
#[cfg(target_os = "linux")]
#[path = "../stats.rs"]
mod stats;

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    return weighing::main();
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("the processor time of a tree of processes is read on Linux only");
        std::process::ExitCode::FAILURE
    }
}

#[cfg(target_os = "linux")]
mod weighing {
    use crate::sections;
    use crate::stats::Summary;
    use clap::Parser;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::{env, fs, io};

    /// Where this workspace is.
    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

    const SECTION: &str = "build";

    const SIDES: [&str; 2] = ["shirr", "tokio"];
    const PROFILES: [&str; 2] = ["dev", "release"];

    /// The most of tokio's processor time that shirr is to take.
    const AT_MOST: f64 = 0.6;

    /// The processor time of a clean build, beside tokio's.
    #[derive(Parser)]
    #[command(name = "build_weight")]
    struct Args {
        /// How often each is built.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,

        /// Also write the table into benches/RESULTS.md.
        #[arg(long)]
        write: bool,
    }

    /// What was measured of one side in one profile.
    #[derive(Default)]
    struct Builds {
        crates: usize,
        /// Of each round, in seconds.
        cpu: Vec<f64>,
    }

    /// By profile, then by side.
    type Measured = [[Builds; 2]; 2];

    pub(super) fn main() -> ExitCode {
        match run(&Args::parse()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(trouble) => {
                eprintln!("{trouble}");
                ExitCode::FAILURE
            }
        }
    }

    fn run(args: &Args) -> Result<(), String> {
        if args.write {
            // Checked before minutes are spent: the section may not be there.
            with_section("")?;
        }
        let lock = read(&Path::new(ROOT).join("Cargo.lock"))?;
        let version = tokio_version(&lock)?;
        let folder = Folder::new().map_err(|error| format!("no folder for the packages: {error}"))?;
        for side in SIDES {
            folder
                .package(side, version, &lock)
                .map_err(|error| format!("the package on {side}: {error}"))?;
        }
        let text = report(&measure(&folder, args.rounds)?, version, args);
        print!("{text}");
        if !args.write {
            return Ok(());
        }
        sections::write_whole(&results(), &with_section(&text)?)
            .map_err(|error| format!("{}: {error}", results().display()))
    }

    fn results() -> PathBuf {
        Path::new(ROOT).join("benches/RESULTS.md")
    }

    /// The document as it is now, but for the section.
    fn with_section(content: &str) -> Result<String, String> {
        let document = read(&results())?;
        sections::replace(&document, SECTION, content)
            .map_err(|error| format!("{}: {error}", results().display()))
    }

    fn read(path: &Path) -> Result<String, String> {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn tokio_version(lock: &str) -> Result<&str, String> {
        let mut lines = lock.lines().skip_while(|line| *line != "name = \"tokio\"").skip(1);
        let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
        version.ok_or_else(|| "Cargo.lock has no tokio".to_owned())
    }

    /// The two packages and what is built of them; gone when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> io::Result<Self> {
            let beside_this = env::current_exe()?.with_file_name("build_weight.tmp");
            let folder = Self(beside_this);
            // A run that was stopped has left it.
            clear(&folder.0)?;
            Ok(folder)
        }

        /// A package that is a workspace of its own, since it lies in ours.
        fn package(&self, side: &str, tokio: &str, lock: &str) -> io::Result<()> {
            let dependency = if side == SIDES[0] {
                format!("shirr = {{ path = {:?} }}", Path::new(ROOT).canonicalize()?)
            } else {
                format!("tokio = {{ version = \"={tokio}\", features = [\"rt\", \"net\", \"time\"] }}")
            };
            let head = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
            let package = self.0.join(side);
            fs::create_dir_all(package.join("src"))?;
            fs::write(package.join("src/lib.rs"), "")?;
            fs::write(
                package.join("Cargo.toml"),
                format!("{head}[workspace]\n[dependencies]\n{dependency}\n"),
            )?;
            // Cargo takes from it what it needs, in these versions, and drops the rest.
            fs::write(package.join("Cargo.lock"), lock)
        }

        /// Builds from nothing: the processor time in seconds, and how many crates there were.
        fn build(&self, side: &str, profile: &str) -> Result<(f64, usize), String> {
            let target = self.0.join("target");
            clear(&target).map_err(|error| format!("{}: {error}", target.display()))?;
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args([
                "build",
                "--offline",
                "--message-format=json-render-diagnostics",
                "--profile",
                profile,
            ]);
            cargo.current_dir(self.0.join(side)).env("CARGO_TARGET_DIR", &target).stderr(Stdio::piped());
            // A wrapper may have the crates from before, or leave the work to a process that is no child.
            cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
            // shirr is built as from a registry, from where nothing is built incrementally.
            cargo.env("CARGO_INCREMENTAL", "0");
            let before = children_cpu();
            let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
            let cpu = children_cpu() - before;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
            Ok((cpu, crates(&String::from_utf8_lossy(&output.stdout))))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What stays lies in the target folder, where it does no harm.
            let _ = clear(&self.0);
        }
    }

    fn clear(folder: &Path) -> io::Result<()> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// How many packages have been compiled, without the empty one. A build script and its
    /// library are one.
    fn crates(messages: &str) -> usize {
        let messages =
            messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact");
        let fresh = artifacts.filter(|message| message["fresh"] == false);
        fresh.map(|message| message["package_id"].to_string()).collect::<BTreeSet<_>>().len() - 1
    }

    /// The processor time, in seconds, of all children that have ended, and of theirs.
    fn children_cpu() -> f64 {
        let stat = fs::read_to_string("/proc/self/stat").expect("Linux has it");
        // The second field is the program's name in brackets, which may have spaces in it. By
        // proc(5) the fields 16 and 17 are the children's time outside the kernel and inside.
        let (_, from_third) = stat.rsplit_once(") ").expect("a name in brackets");
        let ticks =
            from_third.split(' ').skip(16 - 3).take(2).map(|field| field.parse::<u64>().expect("ticks"));
        ticks.sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    /// A round that is thrown away has the files read from the disk.
    fn measure(folder: &Folder, rounds: u32) -> Result<Measured, String> {
        let mut random = fastrand::Rng::with_seed(0x9e37_79b9);
        let mut order = [(0, 0), (0, 1), (1, 0), (1, 1)];
        let mut measured = Measured::default();
        for round in 0..=rounds {
            eprintln!("round {round} of {rounds}");
            random.shuffle(&mut order);
            for (profile, side) in order {
                let (cpu, crates) = folder.build(SIDES[side], PROFILES[profile])?;
                let builds = &mut measured[profile][side];
                builds.crates = crates;
                if round > 0 {
                    builds.cpu.push(cpu);
                }
            }
        }
        Ok(measured)
    }

    fn report(measured: &Measured, tokio: &str, args: &Args) -> String {
        let rustc = Command::new("rustc").arg("--version").output();
        let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        let write = if args.write { " --write" } else { "" };
        let mut text = format!(
            "Made by `cargo run --release -p versus --bin build_weight -- --rounds {}{write}`, with tokio \
             {tokio} and {}. Processor time of a clean build, median (p25..p75); shirr ÷ tokio by round.\n\n\
             | profile | shirr's crates | tokio's | shirr, s | tokio, s | shirr ÷ tokio | at most | verdict |\n\
             |---|---|---|---|---|---|---|---|\n",
            args.rounds,
            rustc.as_deref().unwrap_or("an unknown rustc"),
        );
        for (profile, sides) in PROFILES.iter().zip(measured) {
            writeln!(text, "{}", row(profile, sides)).expect("a String takes everything");
        }
        text
    }

    fn row(profile: &str, [shirr, tokio]: &[Builds; 2]) -> String {
        let ratio = Summary::of(shirr.cpu.iter().zip(&tokio.cpu).map(|(shirr, tokio)| shirr / tokio));
        let [own, others] = [shirr, tokio].map(|builds| spread(Summary::of(builds.cpu.iter().copied())));
        let crates = format!("{} | {}", shirr.crates, tokio.crates);
        let judged = format!("{} | {AT_MOST} | {}", spread(ratio), judge(ratio));
        format!("| {profile} | {crates} | {own} | {others} | {judged} |")
    }

    fn spread(Summary { p25, median, p75 }: Summary) -> String {
        format!("{median:.2} ({p25:.2}..{p75:.2})")
    }

    /// By three quarters of the rounds, so that another run would say the same.
    fn judge(ratio: Summary) -> &'static str {
        if ratio.p75 <= AT_MOST {
            "reached"
        } else if ratio.p25 > AT_MOST {
            "MISSED"
        } else {
            "at the limit"
        }
    }
}
