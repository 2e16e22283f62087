//! benches/RESULTS.md, the plots beside it, and the rows that README.md quotes.
//!
//! Only a run of everything writes there. The rest of the documents is written by hand or by
//! other programs, in sections of their own: `sections.rs` leaves both alone.

use crate::curve::Line;
use crate::rounds::{OF_A_MILLION, OF_BYTES, Outcome, PROCESSES};
use crate::workload::Workload;
use crate::{machine, markdown, plots, record, sections};
use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// This program's section.
const SECTION: &str = "versus";

/// A workload and what came of it.
pub(crate) struct Measured {
    pub(crate) workload: Workload,
    pub(crate) outcomes: Vec<Outcome>,
}

/// How it was measured.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) rounds: usize,
    /// Before it began.
    pub(crate) load: f64,
}

/// Where a run's results are kept.
pub(crate) struct Results {
    folder: PathBuf,
    /// Whose section is filled with a few rows, if the results are the repository's.
    readme: Option<PathBuf>,
}

impl Results {
    /// Keeps them in `folder`.
    ///
    /// # Errors
    /// When the document has no place for them, or the folder takes no files.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, String> {
        let results = Self { folder: folder.to_owned(), readme: None };
        filled(&template(), "")?;
        for folder in [folder, &results.plots()] {
            try_folder(folder).map_err(|error| trouble(folder, &error))?;
        }
        Ok(results)
    }

    /// Keeps them in benches/, and some of them in README.md.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn in_repository() -> Result<Self, String> {
        let readme = repository().join("../README.md");
        filled(&readme, "")?;
        Ok(Self { readme: Some(readme), ..Self::in_folder(&repository())? })
    }

    fn plots(&self) -> PathBuf {
        self.folder.join("plots")
    }

    /// Writes all of it, or says what could not be written.
    pub(crate) fn write(&self, measured: &[Measured], curve: &[Line], run: Run) -> Result<(), String> {
        let drawn = [("ratios.svg", plots::ratios(measured)?), ("gather.svg", plots::gather(curve)?)];
        let folder = self.plots();
        let mut pictures = String::new();
        for (name, svg) in drawn {
            let Some(svg) = svg else { continue };
            write(&folder.join(name), &svg)?;
            writeln!(pictures, "![{}](plots/{name})\n", plots::caption(name)).unwrap();
        }
        let content = section(measured, curve, run, &pictures);
        write(&self.folder.join("RESULTS.md"), &filled(&template(), &content)?)?;
        let Some(readme) = &self.readme else { return Ok(()) };
        write(readme, &filled(readme, &markdown::headlines(measured))?)
    }
}

/// What this program's section of the repository's document says.
pub(crate) fn published() -> String {
    let document = fs::read_to_string(template()).unwrap_or_default();
    sections::find(&document, SECTION).map_or_else(|_| String::new(), |section| document[section].to_owned())
}

/// Whether files can be written into `folder`, which is made if it is not there: better known
/// before what is to be written is measured.
pub(crate) fn try_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let file = folder.join(".can-be-written");
    File::create(&file).and_then(|_| fs::remove_file(&file))
}

/// What is around the section is the repository's, wherever it is written.
fn template() -> PathBuf {
    repository().join("RESULTS.md")
}

/// The document at `path` with `content` in this program's section.
fn filled(path: &Path, content: &str) -> Result<String, String> {
    let document = fs::read_to_string(path).map_err(|error| trouble(path, &error))?;
    sections::replace(&document, SECTION, content).map_err(|error| trouble(path, &error))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    sections::write_whole(path, text).map_err(|error| trouble(path, &error))
}

fn trouble(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// All of a run in words, with the `pictures` where they belong.
pub(crate) fn section(measured: &[Measured], curve: &[Line], run: Run, pictures: &str) -> String {
    let Run { rounds, load } = run;
    let (processes, day) = (rounds.min(PROCESSES), machine::day());
    let [machine, versions] = record::setting();
    let (matrix, behind) = (markdown::matrix(measured), markdown::behind(measured));
    let (targets, rows) = (markdown::targets(measured), markdown::rows(measured));
    let (curve, workloads) = (markdown::curve(curve), markdown::workloads(measured));
    format!(
        "\
### Machine, versions and method

- Day: {day}, in UTC.
{machine}
- Load: {load:.2} before the run, counted in programs that want a core.
{versions}
- Rounds: {rounds} of each workload, shared out among {processes} processes of its own, each of which throws one \
more away, to warm up; at most {OF_A_MILLION} where a million of something are done. Each round measures every \
contender once, in shuffled order, in one process and on one thread. Bytes are counted at most {OF_BYTES} times, \
each time and for each contender in a process that does nothing else.
- A figure is the median of the rounds, with its quartiles. A ratio is taken within a round and \
then goes into a median of its own.
- *Ahead* and *behind*: where shirr stands, when three quarters of the rounds say so and the median \
lies more than 3 % from a tie. All else is *even*. *Kept*: the run alone would say something else, but what \
the last run of everything said on this machine with these versions, or the repository's RESULTS.md if there was \
none, stays until a median lies outside of it by more than 5 %, or beyond a tie.

### Overview: × shirr

What it takes ÷ what shirr takes; above 1, shirr takes less. **Bold**: shirr is behind. Where there \
are several ways to do the work on a runtime, this is the one that takes least.

{matrix}
{pictures}### Targets

What shirr set out to reach, and whether it did, judged in the same way. *At the limit*: the median within a \
tenth of it, or a quarter of the rounds on either side. *Kept*: as above.

{targets}
### Where shirr is behind

{behind}
### Every row

{rows}
{curve}### What each workload does, and what it does not show

{workloads}"
    )
}
