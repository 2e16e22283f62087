// From s7: src/bin/s7_gather.rs, line for line.

// `Unpin`: may be moved although pinned, so `poll` may change its fields. No future is pinned in it:
// they move to the tasks before their first poll.
impl<F: Future> Unpin for Gather<F> {}

impl<F: Future> Drop for Gather<F> {
    fn drop(&mut self) {
        self.children.iter().for_each(|child| current().tasks.remove(*child));
    }
}
