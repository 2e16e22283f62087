//! What the signals end, and what they ask about.

use crate::Args;
use crate::signal::Signal;
use ecosystem::Failure;
use futures_util::future::{Either, select};
use shirr::time::sleep;
use shirr::{Runtime, gather};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use std::io::{self, Write};
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A job: two pieces of work at once.
async fn job(time: Duration) {
    gather([time / 2, time].map(sleep)).await;
}

/// Ends with the first signal that asks for an end.
async fn told_to_end(interrupt: Signal, terminate: Signal) -> io::Result<()> {
    let (name, came) = match select(pin!(interrupt.comes()), pin!(terminate.comes())).await {
        Either::Left((came, _)) => ("SIGINT", came),
        Either::Right((came, _)) => ("SIGTERM", came),
    };
    // No `println!` in this program: on a closed stdout it would panic, and cut off all.
    let _ = writeln!(io::stdout(), "{name}: the job in hand is finished first; again to end at once");
    came
}

/// Says who waits for what, whenever it is asked.
async fn report(asked: Signal) -> io::Result<()> {
    loop {
        asked.comes().await?;
        #[cfg(feature = "trace")]
        let list = shirr::trace::waiting();
        #[cfg(not(feature = "trace"))]
        let list = "what tasks wait for is known with the feature `trace` only\n";
        let _ = write!(io::stderr(), "SIGQUIT:\n{list}");
    }
}

async fn work(time: Duration) -> Result<(), Failure> {
    let came = Arc::new(AtomicBool::new(false));
    let [interrupt, terminate] = [SIGINT, SIGTERM].map(|number| Signal::first(number, &came));
    let told = shirr::spawn(told_to_end(interrupt?, terminate?));
    drop(shirr::spawn(report(Signal::new(SIGQUIT)?)));
    let _ = writeln!(io::stdout(), "process {} works", process::id());
    let mut done = 0;
    while !told.is_finished() {
        job(time).await;
        done += 1;
        let _ = writeln!(io::stdout(), "job {done} is done");
    }
    Ok(told.await??)
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = Runtime::builder();
    #[cfg(feature = "trace")]
    let runtime = match std::env::var_os("SHIRR_TRACE") {
        None => runtime.record(&shirr::trace::Recorder::new()),
        Some(_) => runtime, // it has a recorder by that
    };
    runtime.build()?.block_on(work(args.job))
}
