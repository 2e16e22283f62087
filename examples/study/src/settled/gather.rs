// From s7: src/bin/s7_gather.rs, line for line.

/// What the children share.
struct Batch<T> {
    number: u32,
    all: usize,
    outputs: RefCell<Vec<Option<T>>>,
    running: Cell<usize>,
    parent: Cell<Option<Waker>>,
}

impl<T> Batch<T> {
    /// A child has its output. The last one wakes the parent, once for the whole gather.
    fn end(&self, child: usize, output: T) {
        self.outputs.borrow_mut()[child] = Some(output);
        self.running.set(self.running.get() - 1);
        tell_child(self.number, child, self.running.get(), self.all);
        if self.running.get() == 0 {
            if let Some(parent) = self.parent.take() {
                parent.wake();
            }
        }
    }
}

/// When it is dropped, it takes its children out.
struct Gather<T> {
    children: Vec<Key>,
    batch: Rc<Batch<T>>,
}

/// Makes a task of each future, at once; shirr does so at the first poll of the gather.
fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F::Output> {
    let futures: Vec<F> = futures.into_iter().collect();
    let all = futures.len();
    let number = tell_gather(all);
    let outputs = RefCell::new((0..all).map(|_| None).collect());
    let batch = Rc::new(Batch { number, all, outputs, running: Cell::new(all), parent: Cell::default() });
    let mut children = Vec::new();
    for (child, future) in futures.into_iter().enumerate() {
        let batch = Rc::clone(&batch);
        children.push(spawn(async move { batch.end(child, future.await) }));
    }
    Gather { children, batch }
}

impl<T> Future for Gather<T> {
    type Output = Vec<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        let batch = &self.batch;
        if batch.running.get() > 0 {
            batch.parent.set(Some(cx.waker().clone()));
            return Poll::Pending;
        }
        say!("gather {} is done, and {} has its output", batch.number, actor());
        Poll::Ready(batch.outputs.take().into_iter().map(|output| output.expect("all have ended")).collect())
    }
}

impl<T> Drop for Gather<T> {
    fn drop(&mut self) {
        self.children.iter().for_each(|child| current().tasks.remove(*child));
    }
}
