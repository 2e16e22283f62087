//! The two walks of DESIGN.md name events, step by step. Here the programs run that they tell of,
//! and each story has what the walk names, in that order.
//!
//! A step names an event as `` `What::Woken` ``, or as *"a quote"* from the story's sentence, in which
//! `[…]` leaves words out. Numbers of tasks and timers count from the lowest one, and a time
//! matches any time.

use crate::common::page;
use crate::common::source::root;
use crate::run::{path, run_command};
use shirr::trace::What;
use std::fs;
use std::process::Command;
use std::time::Instant;
use tempfile::tempdir;

const SLEEP: &str = "A sleep in a gather";
const READ: &str = "A read in a gather";

/// How a step names an event.
#[derive(Clone, Debug)]
enum Name {
    /// By the variant of `What`.
    Kind(String),
    /// By a part of its sentence.
    Quote(String),
}

/// A step and what it names, in order.
type Step = (u8, Vec<Name>);

/// An event, as a line of the story tells it.
#[derive(Debug)]
struct Line {
    what: What,
    told: String,
    /// The step of the read's walk that the story says it is.
    walk: Option<u8>,
}

/// The steps under a heading of DESIGN.md.
fn walk(heading: &str) -> Vec<Step> {
    let design = fs::read_to_string(root().join("DESIGN.md")).unwrap();
    let (_, section) = design.split_once(&format!("\n## {heading}\n")).expect("the walk has its heading");
    let section = alike(section.split("\n## ").next().unwrap());
    let steps = section.lines().filter_map(|line| line.split_once(". "));
    let steps = steps.filter_map(|(number, text)| Some((number.parse().ok()?, names(text))));
    let steps: Vec<Step> = steps.collect();
    assert!(steps.iter().map(|step| step.0).eq(1..=steps.len() as u8), "{heading}: {steps:?}");
    steps
}

/// What opens a name, what closes it, and which sort of name it is.
type Mark = (&'static str, &'static str, fn(String) -> Name);

/// What a step's text names.
fn names(mut text: &str) -> Vec<Name> {
    const MARKS: [Mark; 2] = [("`What::", "`", Name::Kind), ("*\"", "\"*", Name::Quote)];
    let first = |text: &str| {
        let found = MARKS.iter().filter_map(|mark| Some((text.find(mark.0)?, mark)));
        found.min_by_key(|(at, _)| *at)
    };
    let mut names = Vec::new();
    while let Some((at, (opens, closes, name))) = first(text) {
        let (inside, rest) = text[at + opens.len()..].split_once(closes).expect("what is opened is closed");
        names.push(name(inside.to_owned()));
        text = rest;
    }
    names
}

/// The text with numbers of tasks and timers counted from the lowest, and `_` for each time.
fn alike(text: &str) -> String {
    let text = text.replace('\n', " \n "); // so that a line's end is a word of its own
    let words: Vec<&str> = text.split(' ').collect();
    let number_of = |kind: &str, at: usize| -> Option<u64> {
        let before = words[at.checked_sub(1)?].trim_start_matches(['*', '"']);
        if before == kind { bare(words[at]).parse().ok() } else { None }
    };
    let lowest = |kind| Some((kind, (0..words.len()).filter_map(|at| number_of(kind, at)).min()?));
    let lowest: Vec<_> = ["task", "timer"].into_iter().filter_map(lowest).collect();
    let alike = |at: usize| {
        let (word, bare) = (words[at], bare(words[at]));
        match lowest.iter().find_map(|(kind, lowest)| Some(number_of(kind, at)? - lowest)) {
            Some(number) => word.replace(bare, &number.to_string()),
            None if bare.contains('.') && bare.parse::<f64>().is_ok() => "_".to_owned(),
            None => word.to_owned(),
        }
    };
    (0..words.len()).map(alike).collect::<Vec<_>>().join(" ").replace(" \n ", "\n")
}

/// A word without what stands around its digits.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_ascii_digit())
}

/// Runs an example that writes its own recording, and returns the lines of its story.
fn story(example: &str, pace: &str) -> Vec<Line> {
    let own = tempdir().unwrap();
    let folder = own.path();
    let run = run_command(Command::new(path(example)).arg(folder).arg(pace));
    let results = "[\"data from users\", \"data from orders\", \"data from prices\"]\n";
    assert!(run.status == Some(0) && run.stdout.starts_with(results), "{run:?}");
    let read = |ending: &str| fs::read_to_string(folder.join(format!("{example}.{ending}"))).unwrap();
    let events = page::read(&read("html"), Instant::now()).events;
    let text = alike(&read("txt"));
    let told: Vec<_> = text.lines().filter_map(|line| line.split_once(" | ")).collect();
    assert_eq!(told.len(), events.len(), "a line for each event");
    told.into_iter().zip(events).map(|((_, told), event)| line(told, event.what)).collect()
}

fn line(told: &str, what: What) -> Line {
    let (told, place) = told.rsplit_once("  [").expect("a line ends with a place in the source");
    let walk = place.split_once(", walk ").map(|(_, walk)| walk.trim_end_matches(']').parse().unwrap());
    Line { what, told: told.to_owned(), walk }
}

fn sleep_story() -> Vec<Line> {
    story("timeline", "--unit-ms=50")
}

fn read_story() -> Vec<Line> {
    story("walk", "--pause-ms=50")
}

/// The variant of a line's event.
fn kind(line: &Line) -> String {
    let what = format!("{:?}", line.what);
    what.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

fn is_named(line: &Line, name: &Name) -> bool {
    let quote = match name {
        Name::Kind(name) => return kind(line) == *name,
        Name::Quote(quote) => quote,
    };
    let mut rest = &*line.told;
    quote.split("[…]").all(|part| {
        let after = rest.split_once(part).map(|(_, after)| after);
        rest = after.unwrap_or_default();
        after.is_some()
    })
}

/// Finds what the steps name, each behind the one before, and returns where. If the story
/// numbers the steps, a line with another number does not count.
fn compare(steps: &[Step], story: &[Line], numbered: bool) -> Result<Vec<(u8, usize)>, String> {
    let (mut found, mut from) = (Vec::new(), 0);
    for (step, names) in steps {
        if names.is_empty() {
            return Err(format!("step {step} names no event"));
        }
        for name in names {
            let is_here = |line: &Line| !numbered || line.walk.is_none_or(|walk| walk == *step);
            let mut rest = story[from..].iter();
            let Some(at) = rest.position(|line| is_named(line, name) && is_here(line)) else {
                return Err(format!("step {step}: {name:?} {}", why_not(name, story, is_here)));
            };
            found.push((*step, from + at));
            from += at + 1;
        }
    }
    Ok(found)
}

fn why_not(name: &Name, story: &[Line], is_here: impl Fn(&Line) -> bool) -> &'static str {
    let named: Vec<_> = story.iter().filter(|line| is_named(line, name)).collect();
    if named.is_empty() {
        return "is not there";
    }
    if named.into_iter().any(is_here) { "is there too early" } else { "is there, with another step's number" }
}

/// Breaks if a step of the walk names what `timeline` does not do, or not there.
#[test]
fn a_sleep_in_a_gather_goes_as_the_design_says() {
    let story = sleep_story();
    let found = compare(&walk(SLEEP), &story, false);
    let found = found.unwrap_or_else(|error| panic!("{error}, of these: {story:#?}"));
    assert_eq!(found.last().unwrap().0, 9);
}

/// Breaks if a step of the walk names what `walk` does not do, or not there.
#[test]
fn a_read_in_a_gather_goes_as_the_design_says() {
    let story = read_story();
    let found = compare(&walk(READ), &story, true);
    let found = found.unwrap_or_else(|error| panic!("{error}, of these: {story:#?}"));
    assert_eq!(found.last().unwrap().0, 12);
}

/// Breaks if the story gives a line the number of a step that names no such event, or a step's
/// lines have no number.
#[test]
fn the_story_numbers_its_lines_as_the_design_numbers_the_steps_of_a_read() {
    let story = read_story();
    let found = compare(&walk(READ), &story, true).unwrap();
    let of = |step: u8| found.iter().filter(move |(of, _)| *of == step).map(|(_, at)| &story[*at]);
    let silent = (1..=12).find(|step| of(*step).all(|line| line.walk.is_none()));
    assert_eq!(silent, None, "the story numbers no line of this step");
    let is_strange = |line: &&Line| match line.walk {
        Some(step) => of(step).all(|named| kind(named) != kind(line)),
        None => false,
    };
    let strange: Vec<_> = story.iter().filter(is_strange).collect();
    assert!(strange.is_empty(), "the steps of these numbers name no such events: {strange:#?}");
}

/// Breaks if a step may name nothing, or what does not happen, or what happens in another step.
#[test]
fn a_walk_with_a_wrong_step_is_found_out() {
    let walks = [(SLEEP, sleep_story(), false), (READ, read_story(), true)];
    for (heading, story, numbered) in walks {
        let steps = walk(heading);
        for at in 0..steps.len() {
            let [mut silent, mut untrue, mut swapped] = [(); 3].map(|()| steps.clone());
            silent[at].1.clear();
            untrue[at].1.push(Name::Quote("the loop sleeps until pigs fly".to_owned()));
            let next = (at + 1) % steps.len();
            (swapped[at].1, swapped[next].1) = (steps[next].1.clone(), steps[at].1.clone());
            for (wrong, error) in [(silent, " names no"), (untrue, " is not there"), (swapped, " is there")] {
                let found = compare(&wrong, &story, numbered);
                assert!(found.as_ref().is_err_and(|told| told.contains(error)), "{wrong:?}: {found:?}");
            }
        }
    }
}

/// With no pause the kernel may have several answers at once, or none yet, so what the loop asks
/// of it is left out. Breaks if the server answers before it has every request, or does not
/// wait for the hang-up.
#[test]
fn the_walks_program_does_the_same_in_every_run() {
    let told = || {
        let lines = story("walk", "--pause-ms=0").into_iter();
        let asks = |line: &Line| {
            use What::*;
            matches!(line.what, PollingEvents { .. } | Asking { .. } | Answered { .. } | SourceReady { .. })
        };
        let lines = lines.filter(|line| !asks(line)).map(|line| line.told);
        lines.collect::<Vec<_>>()
    };
    let first = told();
    (0..10).for_each(|_| assert_eq!(told(), first));
}
