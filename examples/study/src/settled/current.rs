// From s4: src/bin/s4_timers.rs, line for line.

thread_local! {
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

/// The loop that runs on this thread.
fn current() -> Rc<Core> {
    CURRENT.with_borrow(Option::clone).expect("a runtime runs on this thread")
}

/// Adds a task, to run beside the others; nothing awaits it.
fn spawn(future: impl Future<Output = ()> + 'static) -> Key {
    current().tasks.spawn(future)
}
