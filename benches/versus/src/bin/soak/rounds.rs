//! The rounds: what is done to the server in each, and what it must hold after it.

use crate::server::{HELPERS, PATIENCE};
use crate::told::Told;
use crate::{Args, GROWTH};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a process has open beside its connections, at most.
const OTHERS: usize = 100;

/// How long the server may take to come to rest after a round: it may have to lose its patience.
const TO_REST: Duration = PATIENCE.saturating_add(Duration::from_secs(30));

/// How much longer than planned it may take until it has run out of something.
const TO_RUN_OUT: Duration = Duration::from_secs(10);

/// After so many sleeps no room is left to be given back: each step leaves a quarter.
const STEPS: i64 = 6;

/// Who the server is if this is root, whose threads no limit binds.
const UNPRIVILEGED: u32 = 65_534;

/// Of these numbers, each must be what it was.
const HELD: [&str; 4] = ["tasks", "timers", "sources", "descriptors"];

/// What is done in a round, beside what the clients do.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Nothing,
    /// The server is stopped and goes on, several times.
    Stops,
    /// It can open few descriptors more, and then as many as before.
    Descriptors,
    /// It can start no thread, and has no helper, and then as many as before.
    Threads,
}

const FAULTS: [Fault; 4] = [Fault::Nothing, Fault::Stops, Fault::Descriptors, Fault::Threads];

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: i64,
}

impl Server {
    fn start() -> io::Result<Self> {
        let mut command = command();
        if geteuid().is_root() {
            command.uid(UNPRIVILEGED);
        }
        let mut child = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (input, output) = (input.expect("it is piped"), output.expect("it is piped"));
        let mut server = Self { child, input, output: BufReader::new(output), port: 0 };
        server.port = server.told()?.get("port");
        Ok(server)
    }

    fn told(&mut self) -> io::Result<Told> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::Error::other("the server has ended"));
        }
        Told::parse(&line)
    }

    fn report(&mut self) -> io::Result<Told> {
        self.input.write_all(b"report\n")?;
        self.told()
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Waits until it is so, for so long at most, and says what it holds then.
    fn wait(&mut self, at_most: Duration, mut is_so: impl FnMut(&Told) -> bool) -> io::Result<Told> {
        let begin = Instant::now();
        loop {
            let now = self.report()?;
            if is_so(&now) || begin.elapsed() > at_most {
                return Ok(now);
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it holds what it held. The room of a burst goes back step by step, whenever it
    /// is about to sleep: that is waited for, too.
    fn rested(&mut self, first: &Told) -> io::Result<Told> {
        let mut level_since = i64::MAX;
        self.wait(TO_REST, |now| {
            let is_level = leaked(first, now) == 0;
            level_since = if is_level { level_since.min(now.get("sleeps")) } else { i64::MAX };
            is_level && now.get("sleeps") >= level_since + STEPS
        })
    }

    /// Lets it have only `few` of something for so long, in which it is to run out of them.
    fn starve(
        &mut self,
        of: &str,
        few: usize,
        time: Duration,
        runs_out: impl Fn(&Told) -> bool,
    ) -> io::Result<()> {
        writeln!(self.input, "{}", Told::default().with(of, few))?;
        sleep(time);
        let starved = self.wait(TO_RUN_OUT, &runs_out)?;
        writeln!(self.input, "{}", Told::default().with(of, i64::MAX))?;
        if runs_out(&starved) {
            return Ok(());
        }
        Err(io::Error::other(format!("the server did not run out of {of}, so the round says nothing")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program, also for a user who may not look into its folder.
fn command() -> Command {
    Command::new("/proc/self/exe")
}

/// Returns whether nothing was lost and nothing leaked.
pub(crate) fn run(args: &Args) -> io::Result<bool> {
    let allowed = rlimit::increase_nofile_limit(u64::MAX)? as usize;
    let wanted = if args.quick { 1_000 } else { args.connections };
    // A stranger's connection may still be open when its next one comes.
    let connections = wanted.min(allowed.saturating_sub(OTHERS + 2 * args.strangers));
    let seconds = if args.quick { 2.0 } else { 20.0 };
    println!("{connections} connections and {} strangers; {allowed} descriptors a process", args.strangers);
    let mut server = Server::start()?;
    sleep(Duration::from_millis(200)); // until its threads are there
    let first = server.report()?;
    let (mut warm, mut all, mut good) = (None, Told::default(), true);
    let end = Instant::now() + Duration::from_secs_f64(args.minutes * 60.0);
    for round in 0.. {
        let fault = FAULTS[round % FAULTS.len()];
        let before = server.report()?;
        if let Fault::Threads = fault {
            let without_helpers = first.get("threads") - HELPERS as i64;
            server.wait(TO_REST, |now| now.get("threads") <= without_helpers)?;
        }
        let told = one_round(&mut server, fault, [connections, args.strangers], seconds)?;
        let after = server.rested(&first)?;
        println!("round {round}, {fault:?}: {told}; then {after}");
        good &= holds(&first, &before, &after, &told);
        all.add(&told);
        let turn_is_over = (round + 1) % FAULTS.len() == 0;
        if turn_is_over {
            let warm = *warm.get_or_insert(after.get("bytes"));
            let growth = after.get("bytes") - warm;
            println!("memory at rest: {} bytes, {growth:+} since the first rounds", after.get("bytes"));
            good &= check(growth.abs() <= GROWTH, "memory has grown");
        }
        let enough = if args.quick { round + 1 == 2 * FAULTS.len() } else { Instant::now() >= end };
        if turn_is_over && enough {
            let after = server.report()?;
            good &= check(after.get("worked") > 0 && after.get("days") > 0, "nothing was done on threads");
            println!("in all: {all} leaked={}; {after}", leaked(&first, &after));
            break;
        }
    }
    println!("{}", if good { "nothing lost, nothing leaked" } else { "FAILED" });
    Ok(good)
}

fn one_round(server: &mut Server, fault: Fault, clients: [usize; 2], seconds: f64) -> io::Result<Told> {
    let mut crowd = command();
    crowd.arg("crowd").arg(format!("127.0.0.1:{}", server.port));
    crowd.args(clients.map(|n| n.to_string())).arg(seconds.to_string());
    let crowd = crowd.stdout(Stdio::piped()).spawn()?;
    let moment = Duration::from_secs_f64(seconds / 10.0);
    match fault {
        Fault::Nothing => {}
        Fault::Stops => {
            for _ in 0..4 {
                sleep(moment);
                server.signal(Signal::STOP)?;
                sleep(moment);
                server.signal(Signal::CONT)?;
            }
        }
        Fault::Descriptors => {
            // Fewer than there are connections, so it runs out of them while these come.
            let few = clients[0] / 2;
            let runs_out = |now: &Told| now.get("sources") as usize > few * 9 / 10;
            server.starve("descriptors", few, 3 * moment, runs_out)?;
        }
        Fault::Threads => {
            let before = server.report()?.get("threadless");
            server.starve("threads", 0, 3 * moment, |now| now.get("threadless") > before)?;
        }
    }
    let output = crowd.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other("the clients have failed"));
    }
    Told::parse(&String::from_utf8_lossy(&output.stdout))
}

/// How many more, or fewer, there are of what must be as many as at first.
fn leaked(first: &Told, now: &Told) -> i64 {
    HELD.iter().map(|name| (now.get(name) - first.get(name)).abs()).sum()
}

/// What must be so after each round.
fn holds(first: &Told, before: &Told, after: &Told, told: &Told) -> bool {
    let mut good = check(told.get("lost") == 0, "answers were lost");
    let aborted = after.get("aborted") - before.get("aborted");
    let many = after.get("accepted") - before.get("accepted") > 500; // of which one in 61 should be
    good &= check(aborted > 0 || !many, "no abort came");
    good &= check(told.get("cut") <= aborted, "more were cut off than aborted");
    good &= check(after.get("mistaken") == 0, "others were aborted than were meant");
    good &= check(told.get("answered") > 0 && told.get("harms") > 0, "there were no clients");
    // Helpers that have nothing to do end after a while.
    good &= check(after.get("threads") <= first.get("threads"), "threads leaked");
    for name in HELD {
        let (was, is) = (first.get(name), after.get(name));
        good &= check(is == was, &format!("{name} leaked: {was} at first, {is} now"));
    }
    good
}

fn check(holds: bool, why: &str) -> bool {
    if !holds {
        println!("FAILED: {why}");
    }
    holds
}
