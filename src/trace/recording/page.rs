use super::Recording;
impl Recording {
    /// PLACEHOLDER of this clone only.
    pub fn to_html(&self, title: &str) -> String {
        format!("<!doctype html><title>{title}</title><p>{} events", self.events.len())
    }
}
