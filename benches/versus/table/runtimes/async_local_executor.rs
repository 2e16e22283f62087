//! async-local-executor, which has tasks and nothing else.

use super::Runtime;
use async_local_executor::{Executor, run_ready_tasks, spawn_local};
use std::thread;

#[derive(Clone, Copy)]
pub(crate) struct AsyncLocalExecutor;

impl Runtime for AsyncLocalExecutor {
    const NAME: &'static str = "async-local-executor";

    type Engine = Executor;

    fn start() -> (Self::Engine, Self) {
        let thread = thread::current();
        (Executor::new(move || thread.unpark()), Self)
    }

    /// Its own `block_on`, but for the executor, which is kept.
    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        let _guard = engine.enter();
        let root = spawn_local(future);
        loop {
            run_ready_tasks();
            if root.is_finished() {
                return root.result().expect("the root does not panic");
            }
            thread::park();
        }
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        spawn_local(future)
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        drop(spawn_local(future));
    }
}
