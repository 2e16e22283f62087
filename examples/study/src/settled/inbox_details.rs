// From s6: src/bin/s6_bell.rs, line for line.

impl Inbox {
    fn is_empty(&self) -> bool {
        let is_empty = self.messages.is_empty();
        say!("the loop sees that the inbox {}", if is_empty { "is empty" } else { "has a message" });
        is_empty
    }
}
