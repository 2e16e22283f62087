//! A run of everything as it is kept: one file for each processor, from which the document is made.
//!
//! So what was measured on one processor stays beside what was measured on another.

use crate::sections;
use crate::standing::{Aim, Record, Standing, Verdict};
use crate::stats::Summary;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// How the program was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// `release`, as cargo has it.
    Release,
    /// `shipped` of the workspace: one codegen unit, fat LTO.
    Shipped,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Release => "release",
            Self::Shipped => "fat LTO",
        })
    }
}

/// What was measured on one processor, when and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) processor: String,
    pub(crate) machine: String,
    pub(crate) versions: String,
    pub(crate) day: String,
    /// Before the run, in programs that wanted a core.
    pub(crate) load: f64,
    pub(crate) rounds: usize,
    /// Of the curve: children, and nanoseconds for each.
    pub(crate) asyncio: Vec<(u32, f64)>,
    pub(crate) rows: Vec<Row>,
}

/// One contender at one workload in one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) contender: String,
    pub(crate) profile: Profile,
    pub(crate) cost: Summary,
    pub(crate) ratio: Summary,
    /// None beside shirr itself.
    pub(crate) verdict: Option<Standing<Verdict>>,
    pub(crate) aim: Option<(f64, Standing<Aim>)>,
}

impl Saved {
    /// The file's name for this processor.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.json", self.processor.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"))
    }

    /// # Errors
    /// When the file is not there or says something else.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        serde_json::from_str(&fs::read_to_string(path)?).map_err(io::Error::from)
    }

    /// # Errors
    /// When the file cannot be written; what was there stays.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        sections::write_whole(path, &(self.to_json() + "\n"))
    }

    /// A row a line, so that a change shows what has changed.
    fn to_json(&self) -> String {
        let head = json(&Self { rows: Vec::new(), ..self.clone() });
        let rows: Vec<_> = self.rows.iter().map(json).collect();
        head.replace("\"rows\":[]", &format!("\"rows\":[\n{}\n]", rows.join(",\n")))
    }

    /// All that lie in `folder`, by the processors' names. A folder that is not there has none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn all_in(folder: &Path) -> Result<Vec<Self>, String> {
        let trouble = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| trouble(folder, error))?,
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let files = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let mut all = Vec::new();
        for path in files {
            all.push(Self::read(&path).map_err(|error| trouble(&path, error))?);
        }
        all.sort_by(|one, other| one.processor.cmp(&other.processor));
        Ok(all)
    }

    /// Whether ratios of the two can be compared: the same machine, with the same versions.
    pub(crate) fn compares_with(&self, other: &Self) -> bool {
        (&self.machine, &self.versions) == (&other.machine, &other.versions)
    }

    /// What it says of one build, for a later run to be judged beside.
    pub(crate) fn record(&self, profile: Profile) -> Record {
        let mut record = Record::default();
        for row in self.rows.iter().filter(|row| row.profile == profile) {
            if let Some(verdict) = row.verdict {
                let aim = row.aim.map(|(at_least, aim)| (at_least, aim.is));
                record.add(&row.workload, &row.contender, verdict.is, aim);
            }
        }
        record
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("these are numbers, texts and lists")
}
