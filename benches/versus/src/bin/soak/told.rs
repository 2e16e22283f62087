//! What the processes tell each other: a line of names and numbers.

use std::collections::BTreeMap;
use std::{fmt, io};

/// Numbers by their names, in the order of these.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(BTreeMap<String, i64>);

impl Told {
    pub(crate) fn with(mut self, name: &str, number: impl TryInto<i64>) -> Self {
        self.0.insert(name.to_owned(), number.try_into().unwrap_or(i64::MAX));
        self
    }

    /// # Errors
    /// When this is no such line.
    pub(crate) fn parse(line: &str) -> io::Result<Self> {
        let mut told = Self::default();
        for pair in line.split_whitespace() {
            let number = pair.split_once('=').and_then(|(name, number)| Some((name, number.parse().ok()?)));
            let (name, number) = number.ok_or_else(|| io::Error::other(format!("{line:?} is no report")))?;
            told.0.insert(name.to_owned(), number);
        }
        Ok(told)
    }

    pub(crate) fn get(&self, name: &str) -> i64 {
        self.find(name).unwrap_or_default()
    }

    pub(crate) fn find(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied()
    }

    /// Adds another's numbers.
    pub(crate) fn add(&mut self, other: &Self) {
        for (name, number) in &other.0 {
            *self.0.entry(name.clone()).or_default() += number;
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(name, number)| format!("{name}={number}")).collect();
        f.write_str(&pairs.join(" "))
    }
}
