//! `signals`, ended and asked by those of the system.

use crate::common::{Ended, Program, wait_until};
#[cfg(target_os = "linux")]
use crate::strace::{can_trace, traced};

const SIGNALS: &str = env!("CARGO_BIN_EXE_signals");

fn program(job: &str) -> Program {
    let program = Program::start(SIGNALS, &["--job", job]);
    assert!(program.line().ends_with(" works"));
    program
}

/// Breaks if the job in hand is cut off, or another begun.
#[test]
fn told_to_end_it_finishes_the_job_in_hand_and_begins_no_other() {
    for signal in ["TERM", "INT"] {
        let program = program("0.3");
        assert_eq!(program.line(), "job 1 is done");
        program.signal(signal);
        let Ended { code, lines, stderr } = program.ended();
        assert_eq!((code, &*stderr), (Some(0), ""));
        let said = format!("SIG{signal}: the job in hand is finished first; again to end at once");
        let [before @ .., told, last] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((told, last), (&said, &format!("job {} is done", before.len() + 2)));
    }
}

/// Breaks if the job in hand is waited for all the same.
#[test]
fn told_twice_it_ends_at_once_by_the_signal_whichever_of_the_two_it_was_before() {
    for first in ["TERM", "INT"] {
        for second in ["TERM", "INT"] {
            let program = program("3600");
            program.signal(first);
            program.line();
            program.signal(second);
            assert_eq!(program.ended().code, None, "{first}, then {second}");
        }
    }
}

/// Breaks if it is handled before there is a pipe for it: it would be taken, and never heard.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_comes_while_the_program_starts_ends_it_too() {
    if !can_trace() {
        return;
    }
    for pair in 1..=3 {
        let inject = format!("inject=socketpair:signal=INT:when={pair}");
        // What a shell starts in the background ignores SIGINT, and so do its programs.
        let program = ["env", "--default-signal=INT", SIGNALS, "--job=0.1"];
        let Ended { code, lines, .. } = traced(&["-o", "/dev/null", "-e", &inject], &program).ended();
        let heard = lines.iter().any(|line| line.starts_with("SIGINT: "));
        assert_eq!((code, heard), if pair == 1 { (None, false) } else { (Some(0), true) });
    }
}

/// Breaks if the wait for a signal is ended by the first one only, or ends the program.
#[test]
fn asked_twice_it_says_so_twice_who_waits_for_what_and_works_on() {
    let program = program("3600");
    for asked in 1..=2 {
        program.signal("QUIT");
        wait_until("it says nothing", || program.stderr().matches("SIGQUIT:\n").count() == asked);
    }
    let (said, times) = match cfg!(feature = "trace") {
        true => ("waits for a timer, ", 4), // a job is two sleeps
        false => ("with the feature `trace` only\n", 2),
    };
    wait_until("it names no reason", || program.stderr().matches(said).count() == times);
    assert_eq!(program.stderr().contains("`told_to_end`, spawned at "), cfg!(feature = "trace"));
    program.signal("INT");
    assert!(program.line().starts_with("SIGINT: "));
}

/// Breaks if a signal needed a thread that waits for it.
#[cfg(target_os = "linux")]
#[test]
fn it_has_one_thread() {
    assert_eq!(program("3600").threads().len(), 1);
}
