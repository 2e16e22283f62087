//! `LocalPool` of the futures crate, which has tasks and nothing else.

use super::Runtime;
use futures::executor::LocalSpawner;
use futures::task::LocalSpawnExt;

/// Spawning asks for the spawner. It is leaked, a few bytes each, so that tasks may have it.
#[derive(Clone, Copy)]
pub(crate) struct LocalPool(&'static LocalSpawner);

impl Runtime for LocalPool {
    const NAME: &'static str = "LocalPool";

    type Engine = futures::executor::LocalPool;

    fn start() -> (Self::Engine, Self) {
        let pool = futures::executor::LocalPool::new();
        let spawner = Box::leak(Box::new(pool.spawner()));
        (pool, Self(spawner))
    }

    fn block_on<T: 'static>(engine: &mut Self::Engine, future: impl Future<Output = T> + 'static) -> T {
        engine.run_until(future)
    }

    fn spawn<T: 'static>(
        self,
        future: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + Unpin + 'static {
        self.0.spawn_local_with_handle(future).expect("the pool is alive")
    }

    fn detach(self, future: impl Future<Output = ()> + 'static) {
        self.0.spawn_local(future).expect("the pool is alive");
    }
}
