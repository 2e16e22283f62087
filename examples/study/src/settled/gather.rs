// From s7: src/bin/s7_gather.rs, line for line.

/// What the children share.
struct Batch<T> {
    number: u32,
    outputs: RefCell<Vec<Option<T>>>,
    running: Cell<usize>,
    parent: Cell<Option<Waker>>,
}

impl<T> Batch<T> {
    /// A child has its output. The last one wakes the parent, once for the whole gather.
    fn end(&self, child: usize, output: T) {
        self.outputs.borrow_mut()[child] = Some(output);
        self.running.set(self.running.get() - 1);
        tell_child(self.number, child, self.running.get(), self.outputs.borrow().len());
        if self.running.get() == 0 {
            if let Some(parent) = self.parent.take() {
                parent.wake();
            }
        }
    }
}

/// It is `Unpin`, so its poll may change its fields. When it is dropped, it takes its children out.
struct Gather<F: Future> {
    futures: Vec<F>,
    children: Vec<Key>,
    batch: Option<Rc<Batch<F::Output>>>,
}

fn gather<F: Future + 'static>(futures: impl IntoIterator<Item = F>) -> Gather<F> {
    Gather { futures: futures.into_iter().collect(), children: Vec::new(), batch: None }
}

impl<F: Future + 'static> Gather<F> {
    /// Makes a task of each future.
    fn start(&mut self) -> Rc<Batch<F::Output>> {
        let (number, all) = (tell_gather(self.futures.len()), self.futures.len());
        let outputs = RefCell::new((0..all).map(|_| None).collect());
        let batch = Rc::new(Batch { number, outputs, running: Cell::new(all), parent: Cell::new(None) });
        for (child, future) in self.futures.drain(..).enumerate() {
            let batch = Rc::clone(&batch);
            self.children.push(spawn(async move { batch.end(child, future.await) }));
        }
        batch
    }
}

impl<F: Future + 'static> Future for Gather<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let batch = self.batch.take().unwrap_or_else(|| self.start());
        if batch.running.get() > 0 {
            batch.parent.set(Some(cx.waker().clone()));
            self.batch = Some(batch);
            return Poll::Pending;
        }
        say!("gather {} is done, and {} has its output", batch.number, actor());
        Poll::Ready(batch.outputs.take().into_iter().map(|output| output.expect("all have ended")).collect())
    }
}

// `Unpin`: may be moved although pinned, so `poll` may change its fields. No future is pinned in it:
// they move to the tasks before their first poll.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future> Drop for Gather<F> {
    fn drop(&mut self) {
        self.children.iter().for_each(|child| current().tasks.remove(*child));
    }
}
