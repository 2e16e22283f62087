//! What came of the requests, counted, for people and for programs.

use super::error::{Error, Kind};
use super::session::Counts;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const ADVICE: &str = "a server may not take that many connections at once; --limit makes them fewer\n";

/// How many of what came out.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    statuses: BTreeMap<u16, usize>,
    /// How many of each kind, and the first one's text.
    errors: BTreeMap<Kind, (usize, String)>,
}

/// Requests made one after another.
#[derive(Debug)]
pub(crate) struct Sequential {
    pub(crate) measured: usize,
    pub(crate) time: Duration,
    pub(crate) outcomes: Outcomes,
}

/// All that is to be told at the end.
#[derive(Debug)]
pub(crate) struct Report {
    /// Requests in each round.
    pub(crate) requests: usize,
    /// The time of each round.
    pub(crate) rounds: Vec<Duration>,
    pub(crate) outcomes: Outcomes,
    pub(crate) counts: Counts,
    pub(crate) sequential: Sequential,
}

impl Outcomes {
    pub(crate) fn add(&mut self, outcome: Result<u16, Error>) {
        match outcome {
            Ok(status) => *self.statuses.entry(status).or_default() += 1,
            Err(error) => self.errors.entry(error.kind).or_insert((0, error.to_string())).0 += 1,
        }
    }

    /// Answers, whatever their status.
    pub(crate) fn ok(&self) -> usize {
        self.statuses.values().sum()
    }

    pub(crate) fn failed(&self) -> usize {
        self.errors.values().map(|(count, _)| count).sum()
    }
}

impl Report {
    pub(crate) fn any_failed(&self) -> bool {
        self.outcomes.failed() + self.sequential.outcomes.failed() > 0
    }

    /// Whether the errors look like those of a server that was asked too much at once.
    fn overwhelmed(&self) -> bool {
        let errors = &self.outcomes.errors;
        errors.contains_key(&Kind::Timeout) || errors.contains_key(&Kind::Reset)
    }

    fn first_round(&self) -> Duration {
        self.rounds.first().copied().unwrap_or_default()
    }

    /// How long one round's requests would take one after another.
    fn sequential_time(&self) -> Duration {
        let scale = self.requests as f64 / self.sequential.measured as f64;
        self.sequential.time.mul_f64(scale)
    }

    fn speedup(&self) -> f64 {
        let ratio = self.sequential_time().as_secs_f64() / self.first_round().as_secs_f64();
        (ratio * 10.0).round() / 10.0
    }

    /// All rounds together; `sequential_s` and `speedup` are about one of them, the first.
    pub(crate) fn to_json(&self) -> String {
        let statuses = self.outcomes.statuses.iter().map(|(status, count)| (status.to_string(), *count));
        let rounds: Vec<f64> = self.rounds.iter().map(Duration::as_secs_f64).collect();
        json!({
            "requests": self.outcomes.ok() + self.outcomes.failed(),
            "ok": self.outcomes.ok(),
            "failed": self.outcomes.failed(),
            "statuses": statuses.collect::<BTreeMap<_, _>>(),
            "gather_s": self.first_round().as_secs_f64(),
            "rounds_s": rounds,
            "sequential_s": self.sequential_time().as_secs_f64(),
            "sequential_measured": self.sequential.measured,
            "speedup": self.speedup(),
            "connections": self.counts.connections,
        })
        .to_string()
    }

    /// The errors by kind, a line each; nothing if there were none.
    pub(crate) fn errors(&self) -> String {
        let line = |what: &str, (kind, (count, first)): (&Kind, &(usize, String))| {
            format!("{what}error {kind}: {count} (the first: {first})\n")
        };
        let gathered = self.outcomes.errors.iter().map(|error| line("", error));
        let sequential = &self.sequential.outcomes.errors;
        let sequential = sequential.iter().map(|error| line("one after another: ", error));
        let advice = self.overwhelmed().then(|| ADVICE.to_owned());
        gathered.chain(sequential).chain(advice).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (status, count) in &self.outcomes.statuses {
            writeln!(f, "status {status}: {count}")?;
        }
        f.write_str(&self.errors())?;
        let Counts { connections, body_bytes } = self.counts;
        writeln!(f, "connections opened: {connections}, bytes of bodies read: {body_bytes}")?;
        for (number, time) in self.rounds.iter().enumerate() {
            writeln!(f, "gather, round {}: {:.4} s", number + 1, time.as_secs_f64())?;
        }
        let (scaled, measured) = (self.sequential_time().as_secs_f64(), &self.sequential);
        writeln!(
            f,
            "one after another: {scaled:.4} s (scaled from {:.4} s for {} of {})",
            measured.time.as_secs_f64(),
            measured.measured,
            self.requests
        )?;
        writeln!(f, "speedup: {} (one after another / gather, round 1)", self.speedup())
    }
}
