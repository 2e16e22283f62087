//! The rounds: what is done to the server in each, and what it must hold after it.

use crate::told::Told;
use crate::{Args, GROWTH};
use rlimit::Resource;
use rustix::process::{Pid, Signal, kill_process};
use std::env::current_exe;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a process has open beside its connections, at most.
const OTHERS: usize = 100;

/// How long the server may take to come to rest after a round.
const TO_REST: Duration = Duration::from_secs(30);

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
}

const FAULTS: [Fault; 3] = [Fault::Nothing, Fault::Stops, Fault::Descriptors];

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: i64,
}

impl Server {
    fn start() -> io::Result<Self> {
        let mut child = command()?.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
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

    /// Waits until it holds what it held, for a while, and says what it holds then.
    fn rested(&mut self, before: &Told) -> io::Result<Told> {
        let begin = Instant::now();
        loop {
            let now = self.report()?;
            if HELD.iter().all(|name| now.get(name) == before.get(name)) || begin.elapsed() > TO_REST {
                return Ok(now);
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command() -> io::Result<Command> {
    Ok(Command::new(current_exe()?))
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
        if turn_is_over && (args.quick || Instant::now() >= end) {
            let after = server.report()?;
            good &= check(after.get("worked") > 0 && after.get("days") > 0, "nothing was done on threads");
            println!("in all: {all}; {after}");
            break;
        }
    }
    println!("{}", if good { "nothing lost, nothing leaked" } else { "FAILED" });
    Ok(good)
}

fn one_round(server: &mut Server, fault: Fault, clients: [usize; 2], seconds: f64) -> io::Result<Told> {
    let mut crowd = command()?;
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
            let pid = server.child.id() as i32;
            let mut before = (0, 0);
            rlimit::prlimit(pid, Resource::NOFILE, None, Some((&mut before.0, &mut before.1)))?;
            // Fewer than there are connections, so it runs out of them while these come.
            let few = (clients[0] / 2) as u64;
            rlimit::prlimit(pid, Resource::NOFILE, Some((few, before.1)), None)?;
            sleep(3 * moment);
            rlimit::prlimit(pid, Resource::NOFILE, Some(before), None)?;
        }
    }
    let output = crowd.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other("the clients have failed"));
    }
    Told::parse(&String::from_utf8_lossy(&output.stdout))
}

/// What must be so after each round.
fn holds(first: &Told, before: &Told, after: &Told, told: &Told) -> bool {
    let mut good = check(told.get("lost") == 0, "answers were lost");
    let aborted = after.get("aborted") - before.get("aborted");
    good &= check(told.get("cut") <= aborted, "more were cut off than aborted");
    good &= check(told.get("answered") > 0 && told.get("harms") > 0, "there were no clients");
    // Helpers that have nothing to do end after a while.
    good &= check(after.get("threads") <= first.get("threads"), "threads leaked");
    for name in HELD {
        good &= check(
            after.get(name) == first.get(name),
            &format!("{name}, {} at first, leaked", first.get(name)),
        );
    }
    good
}

fn check(holds: bool, why: &str) -> bool {
    if !holds {
        println!("FAILED: {why}");
    }
    holds
}
