//! What comes after the steps: shirr and tokio, of which this program does the scene itself, and
//! asyncio, which python3 runs.

use std::process::Command;

/// asyncio's side of the scene.
const PYTHON: &str = include_str!("asyncio.py");

mod shirr {
    use shirr::{time::sleep, yield_now};
    include!("scene.rs");

    /// As a task, as on tokio.
    fn complete(future: impl Future<Output = ()> + 'static) {
        shirr::block_on(async { shirr::spawn(future).await.expect("no operation panics") });
    }

    async fn children(futures: impl Iterator<Item: Future<Output = ()>> + 'static) {
        shirr::gather(futures).await;
    }
}

mod tokio {
    use tokio::{task::yield_now, time::sleep};
    include!("scene.rs");

    /// As a task. As the future of `block_on` it would be slower: the runtime polls for events
    /// whenever that one has yielded.
    fn complete(future: impl Future<Output = ()> + Send + 'static) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has descriptors left for a runtime");
        runtime.block_on(async { tokio::spawn(future).await.expect("no operation panics") });
    }

    /// What comes nearest to gather.
    async fn children(futures: impl Iterator<Item: Future<Output = ()> + Send + 'static>) {
        let mut set: tokio::task::JoinSet<()> = futures.collect();
        while set.join_next().await.is_some() {}
    }
}

/// Does the scene in this process.
pub(crate) fn run(runtime: &str, operation: &str, times: u32, polls: bool) {
    match runtime {
        "shirr" => shirr::run(operation, times, polls),
        _ => tokio::run(operation, times, polls),
    }
}

/// The runtimes, each with the command to which the operation is added.
pub(crate) fn all() -> [(&'static str, Vec<String>); 3] {
    let this = std::env::current_exe().expect("a running program has a file");
    let side = |side: &str| vec![this.to_string_lossy().into_owned(), side.to_owned()];
    let asyncio = vec![python(), "-c".to_owned(), PYTHON.to_owned()];
    [("shirr", side("shirr")), ("tokio", side("tokio")), ("asyncio", asyncio)]
}

/// The interpreter itself, which `python3` may be a script for.
fn python() -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    asked.map_or_else(|_| "python3".to_owned(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}
