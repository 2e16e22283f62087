//! benches/RESULTS.md, the plots beside it, and the rows that README.md quotes.
//!
//! Only a run of everything writes there: its figures into the processor's file, and the document
//! anew from the files of all processors. The rest of the documents is written by hand or by
//! other programs, in sections of their own: `sections.rs` leaves both alone.

use crate::columns::{Column, Measured, columns_of};
use crate::curve::{self, Line};
use crate::rounds::{OF_A_MILLION, OF_BYTES, PROCESSES};
use crate::saved::Saved;
use crate::stats::Summary;
use crate::workload::Workload;
use crate::{markdown, plots, sections};
use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// This program's section.
const SECTION: &str = "versus";

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
        for folder in [folder, &results.plots(), &results.runs()] {
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

    /// Each processor's run, in a file of its own.
    fn runs(&self) -> PathBuf {
        self.folder.join(RUNS)
    }

    /// Writes the run, and the document anew, or says what could not be written.
    pub(crate) fn write(&self, run: &Saved, workloads: &[Workload]) -> Result<(), String> {
        let file = self.runs().join(run.file_name());
        run.write(&file).map_err(|error| trouble(&file, &error))?;
        self.render(workloads, Some(&run.processor))
    }

    /// Makes the document of the runs of all processors; the plots and a few rows are of the one named,
    /// or of the latest.
    pub(crate) fn render(&self, workloads: &[Workload], processor: Option<&str>) -> Result<(), String> {
        let runs = Saved::all_in(&self.runs())?;
        let named = runs.iter().filter(|run| processor.is_none_or(|processor| run.processor == processor));
        let latest = named.max_by_key(|run| &run.day).ok_or("there is no run to make it of")?;
        let own = columns_of(latest, workloads);
        let plain = &own.first().ok_or("nothing was measured")?.measured;
        let asyncio: Vec<_> = latest.asyncio.iter().map(|&(count, ns)| (count, Summary::of([ns]))).collect();
        let curve = curve::lines(plain, &asyncio);
        let pictures = self.draw(plain, &curve)?;
        let content = section(&runs, &own, workloads, &curve, &pictures);
        write(&self.folder.join("RESULTS.md"), &filled(&template(), &content)?)?;
        let Some(readme) = &self.readme else { return Ok(()) };
        write(readme, &filled(readme, &markdown::headlines(&own))?)
    }

    /// The plots; what shows them in the document.
    fn draw(&self, measured: &[Measured<'_>], curve: &[Line]) -> Result<String, String> {
        let drawn = [("ratios.svg", plots::ratios(measured)?), ("gather.svg", plots::gather(curve)?)];
        let mut pictures = String::new();
        for (name, svg) in drawn {
            let Some(svg) = svg else { continue };
            write(&self.plots().join(name), &svg)?;
            writeln!(pictures, "![{}](plots/{name})\n", plots::caption(name)).unwrap();
        }
        Ok(pictures)
    }
}

/// Beside the document, the runs that it is made of.
const RUNS: &str = "results";

/// Where the repository's are.
pub(crate) fn published() -> PathBuf {
    repository().join(RUNS)
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

/// Whether the folder is the one of the repository's results.
pub(crate) fn is_the_repositorys(folder: &Path) -> bool {
    matches!((folder.canonicalize(), repository().canonicalize()), (Ok(one), Ok(other)) if one == other)
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

/// All runs in words; the latest has `own` columns, a `curve` and `pictures`.
fn section(
    runs: &[Saved],
    own: &[Column<'_>],
    workloads: &[Workload],
    curve: &[Line],
    pictures: &str,
) -> String {
    let columns: Vec<_> = runs.iter().flat_map(|run| columns_of(run, workloads)).collect();
    let (settings, matrix) = (markdown::settings(runs), markdown::matrix(own));
    let (behind, targets) = (markdown::behind(&columns, workloads), markdown::targets(&columns, workloads));
    let (rows, curve) = (markdown::rows(&columns, workloads), markdown::curve(curve));
    let (latest, workloads) = (&own[0].processor, markdown::workloads(&own[0].measured));
    format!(
        "\
### Machines, versions and method

{settings}
- Builds: *release* is cargo's profile of that name, *fat LTO* the workspace's profile `shipped`, with one codegen \
unit. A run measures both, in turns; one from before there were two has a column of the first alone.
- Rounds: those of a workload are shared out among {PROCESSES} processes of its own, each of which throws one \
more away, to warm up; at most {OF_A_MILLION} where a million of something are done. Each round measures every \
contender once, in shuffled order, in one process and on one thread. Bytes are counted at most {OF_BYTES} times, \
each time and for each contender in a process that does nothing else.
- A figure is the median of the rounds, with its quartiles. A ratio is taken within a round and \
then goes into a median of its own.
- *Ahead* and *behind*: where shirr stands, when three quarters of the rounds say so and the median \
lies more than 3 % from a tie. All else is *even*. *Kept*: the run alone would say something else, but what \
the last run of everything said on this machine with these versions, or the repository's if there was \
none, stays until a median lies outside of it by more than 5 %, or beyond a tie.

### Overview: × shirr on {latest}

What it takes ÷ what shirr takes, in each build; above 1, shirr takes less. **Bold**: shirr is behind. Where there \
are several ways to do the work on a runtime, this is the one that takes least.

{matrix}
{pictures}### Targets

What shirr set out to reach, and whether it did, judged in the same way. *At the limit*: the median within a \
tenth of it, or a quarter of the rounds on either side. *Kept*: as above.

{targets}
### Where shirr is behind

{behind}
### Every row

What it takes, and × shirr (quartiles).

{rows}
{curve}### What each workload does, and what it does not show

{workloads}"
    )
}
