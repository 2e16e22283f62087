//! A page of two runs of one program, which begin alike: the one that fails and one that passes.

use super::data::Data;
use super::page;
use crate::trace::recording::Recording;
use serde_json::{Value, json};

/// How many events of each run are shown beside each other from where they part.
const SHOWN: usize = 5;

impl Recording {
    /// As [`to_html`](Self::to_html), with another run to switch to if there is one. The page leaves
    /// the numbers of tasks as they are, since the choices have them too.
    pub(crate) fn to_html_beside(&self, title: &str, other: Option<&Self>) -> String {
        let Some(other) = other else { return page(title, &Data::of(self, &json!({})), None) };
        let parts = self.parts_from(other);
        let (here, there) = (self.lines_from(parts), other.lines_from(parts));
        let mine = Data::of(self, &json!({ "parts": parts, "here": here, "there": there }));
        let theirs = Data::of(other, &json!({ "parts": parts, "here": there, "there": here }));
        page(title, &mine, Some(&theirs))
    }

    /// The number and the line of this event and of the next that say more than a reader knows.
    fn lines_from(&self, first: usize) -> Value {
        let told = (first..self.events.len()).filter(|at| *at == first || !self.is_detail(*at));
        let told: Vec<_> = told.take(SHOWN).collect();
        json!(self.lines(&told))
    }
}
