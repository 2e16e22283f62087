//! How long the walk from the first step to the last takes, by an estimate: what is read, what is new
//! in it, and how fast a reader is.
//!
//! ```sh
//! cargo test -p study --test walk -- --nocapture
//! ```

mod common;

use common::{STEPS, root};
use std::fs;
use study::reading::{Amount, Reading, reading, words};
use study::settled::whole;

/// Assumed, as all four are, and measured with no reader: a new line of code in fifteen seconds.
const LINES_A_MINUTE: f64 = 4.0;
/// Prose that explains is read more slowly than a story.
const WORDS_A_MINUTE: f64 = 200.0;
/// To run a step, to look at what it tells, and to call `compare`.
const MINUTES_OF_A_RUN: f64 = 2.0;
/// To do what the `Try` of a head says, and to look at that. A `Try later` is no part of the walk.
const MINUTES_OF_A_TRY: f64 = 3.0;

const AT_MOST: f64 = 180.0;

/// What is read at one go, a step or what the README says around the steps.
struct Stage {
    name: &'static str,
    reading: Reading,
    fixed: f64,
}

impl Stage {
    fn minutes(&self) -> f64 {
        minutes(self.reading.walk) + self.fixed
    }
}

fn minutes(amount: Amount) -> f64 {
    amount.lines as f64 / LINES_A_MINUTE + amount.words as f64 / WORDS_A_MINUTE
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The README as far as it is part of the walk: its sections, each from its title on.
fn sections(readme: &str) -> Vec<&str> {
    let (walk, _) = readme.split_once("\n## After the walk").unwrap();
    let starts: Vec<_> = walk.match_indices("\n## ").chain(walk.match_indices("\n### ")).collect();
    let mut starts: Vec<_> = starts.into_iter().map(|(at, _)| at).chain([0, walk.len()]).collect();
    starts.sort_unstable();
    starts.windows(2).map(|pair| &walk[pair[0]..pair[1]]).collect()
}

/// First what the README says around the steps, then the steps.
fn stages() -> Vec<Stage> {
    let (readme, mut before) = (readme(), String::new());
    let of_step =
        |section: &&str| STEPS.iter().any(|(step, _)| section.starts_with(&format!("\n### {step}")));
    let (steps, around): (Vec<_>, Vec<_>) = sections(&readme).into_iter().partition(of_step);
    assert_eq!(steps.len(), STEPS.len());
    let around = around.into_iter().map(words).sum();
    let readme = Reading { walk: Amount { lines: 0, words: around }, ..Reading::default() };
    let mut stages = vec![Stage { name: "README", reading: readme, fixed: 0.0 }];
    for ((step, _), section) in STEPS.iter().zip(steps) {
        let text = whole(step);
        let mut reading = reading(&text, &before);
        reading.walk.words += words(section);
        let tries = text.lines().filter(|line| line.starts_with("//! Try: ")).count() as f64;
        let fixed = MINUTES_OF_A_RUN + tries * MINUTES_OF_A_TRY;
        stages.push(Stage { name: step, reading, fixed });
        before = text;
    }
    stages
}

fn sum(stages: &[Stage], minutes: impl Fn(&Stage) -> f64) -> f64 {
    stages.iter().map(minutes).sum()
}

/// Breaks if a step has more to read than there is time for.
#[test]
fn the_walk_takes_three_hours_at_most() {
    let stages = stages();
    println!("{:12} {:>9} {:>6} {:>6} {:>8} {:>8}", "", "new lines", "words", "runs", "minutes", "details");
    for stage in &stages {
        let Stage { name, reading: Reading { walk, details, .. }, fixed } = stage;
        let (here, later) = (stage.minutes(), minutes(*details));
        println!("{name:12} {:>9} {:>6} {fixed:>6} {here:>8.1} {later:>8.1}", walk.lines, walk.words);
    }
    let minutes = sum(&stages, Stage::minutes);
    println!("in all {minutes:.1} minutes");
    assert!(minutes <= AT_MOST, "{minutes:.1} minutes");
}

/// Breaks if the README gives another time for the walk, a step, or what it leaves out.
#[test]
fn the_readme_gives_the_times_that_are_counted() {
    let (stages, readme) = (stages(), readme());
    let text = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = sum(&stages, Stage::minutes).ceil();
    let says = |sentence: String| assert!(text.contains(&sentence), "the README does not say: {sentence}");
    says(format!("The walk takes {} hours and {} minutes", (whole / 60.0).floor(), whole % 60.0));
    let names = stages.iter().map(|stage| stage.name.split('_').next().unwrap());
    let times = names.zip(&stages).map(|(name, stage)| format!("{name} {:.0}", stage.minutes()));
    says(times.collect::<Vec<_>>().join(", "));
    let later = [|reading: Reading| reading.details, |reading: Reading| reading.program];
    let [details, program] = later.map(|part| sum(&stages, |stage| minutes(part(stage.reading))));
    says(format!("`details` would take {details:.0} minutes more, and `the program` {program:.0}"));
    says(format!("{LINES_A_MINUTE} new lines of code or {WORDS_A_MINUTE} words a minute"));
    says(format!("{MINUTES_OF_A_RUN} minutes for a run, {MINUTES_OF_A_TRY} for a try"));
}
