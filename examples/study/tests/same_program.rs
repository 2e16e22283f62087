//! One program, unchanged but for a `use` line, on the last three steps and on shirr: the same
//! results, and the same events in the same order, in the same words.

mod common;

use common::{Told, root, run, run_command, source};
use std::process::Command;
use std::{env, fs};

const LAST: [&str; 3] = ["s7_gather", "s8_number", "s9_panics"];

mod on_shirr {
    pub(crate) mod program {
        use shirr::{block_on, gather, net::TcpStream, time::sleep};
        include!("../src/program.rs");
    }

    #[allow(dead_code)] // the tests have a `main` of their own
    pub(crate) mod experiments {
        use shirr::{block_on, gather, spawn, time::sleep};
        include!("../src/experiments.rs");
    }
}

/// The program on shirr, run by the tests below in a process of its own.
#[test]
#[ignore = "it is the program and no test"]
fn run_on_shirr() {
    println!(); // the harness has begun a line
    on_shirr::program::run().unwrap();
}

/// The experiments on shirr, in the same way.
#[test]
#[ignore = "it is the program and no test"]
fn experiments_on_shirr() {
    println!();
    on_shirr::experiments::report();
}

/// Has this test binary run one of the two above, which writes its story to `story`.
fn on_shirr(name: &str, story: &str) -> Told {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    run_command(command.env("SHIRR_TRACE", story))
}

/// A sentence of a story, without what only shirr tells: what a task is, and when and why.
fn bare(sentence: &str) -> String {
    let mut text = without(without(sentence.to_owned(), " (", ")"), " `", "`");
    text.truncate(text.find(", due at").unwrap_or(text.len()));
    for end in ["is polled", "returns Pending", "returns Ready", "since its time has come"] {
        if let Some(at) = text.find(&format!("{end},")).or(text.find(&format!("{end};"))) {
            text.truncate(at + end.len());
        } else if let Some(at) = text.find(&format!("{end} after")).or(text.find(&format!("{end}:"))) {
            text.truncate(at + end.len());
        }
    }
    text
}

/// Takes out all that stands between two marks, and the marks.
fn without(mut text: String, begin: &str, end: &str) -> String {
    while let Some(start) = text.find(begin) {
        let inside = start + begin.len();
        let after = text[inside..].find(end).map_or(text.len(), |at| inside + at + end.len());
        text.replace_range(start..after, "");
    }
    text
}

/// The sentences of shirr's story: between the bar and the line of source.
fn sentences(story: &str) -> Vec<String> {
    let lines = story.lines().filter_map(|line| line.split_once(" | "));
    let sentences = lines.map(|(_, rest)| rest.rsplit_once("  [").unwrap().0.trim_start());
    let plain = |sentence: &str| match sentence.strip_prefix("step ") {
        Some(rest) => rest.split_once(": ").unwrap().1.to_owned(),
        None => sentence.to_owned(),
    };
    sentences.map(plain).collect()
}

/// Numbers tasks and timers from 1, in the order in which they are first named.
fn from_one(sentences: Vec<String>) -> Vec<String> {
    let mut seen: [Vec<String>; 2] = Default::default();
    let mut renumber = |sentence: String| {
        let mut words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
        for at in 1..words.len() {
            let kind = match words[at - 1].as_str() {
                "task" => &mut seen[0],
                "timer" => &mut seen[1],
                _ => continue,
            };
            let number = words[at].trim_end_matches(',').to_owned();
            let place = kind.iter().position(|known| *known == number).unwrap_or_else(|| {
                kind.push(number.clone());
                kind.len() - 1
            });
            words[at] = words[at].replace(&number, &(place + 1).to_string());
        }
        words.join(" ")
    };
    sentences.into_iter().map(&mut renumber).collect()
}

/// What both tell of: the wakes, and what happens in the turns. Each in order; how they come
/// between each other depends on how late the loop is.
fn events(sentences: &[String]) -> [Vec<String>; 2] {
    const WAKES: [&str; 2] = [" fires, since", " is woken by "];
    const TURNS: [&str; 8] = [
        " joins the ready queue for its first poll",
        " is polled",
        "the poll of task ",
        " sets timer ",
        " begins: ",
        " has its result, ",
        " is done, and ",
        ": done",
    ];
    let of = |parts: &[&str]| {
        let told = sentences.iter().filter(|sentence| parts.iter().any(|part| sentence.contains(part)));
        told.map(|sentence| bare(sentence)).collect()
    };
    [of(&WAKES), of(&TURNS)]
}

/// The story of the program on shirr, in the study's numbers.
fn story_of_shirr() -> (Told, Vec<String>) {
    let path = env::temp_dir().join(format!("study-{}.txt", std::process::id()));
    let told = on_shirr("run_on_shirr", path.to_str().unwrap());
    let files = fs::read_dir(env::temp_dir()).unwrap().map(|file| file.unwrap().path());
    let begins = format!("study-{}", std::process::id());
    let mine: Vec<_> =
        files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with(&begins)).collect();
    let stories: Vec<_> = mine.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    mine.iter().for_each(|file| fs::remove_file(file).unwrap());
    assert_eq!(stories.len(), 1, "one runtime, one story");
    (told, from_one(sentences(&stories[0])))
}

/// Breaks if a step gives other results than shirr, or tells an event in other words or in
/// another order.
#[test]
fn the_last_steps_and_shirr_give_the_same_results_by_the_same_events() {
    let (told, story) = story_of_shirr();
    let (results, theirs) = (told.lines("result:"), events(&story));
    assert_eq!(results.len(), 2, "{:?}", told.0);
    assert!(theirs[0].len() >= 11 && theirs[1].len() >= 40, "{theirs:#?}");
    for step in LAST {
        let step = run(step, &[]);
        assert_eq!(step.lines("result:"), results);
        let ours = events(&step.0);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
    }
}

/// Breaks if shirr falls back behind the study.
#[test]
fn shirr_mends_all_that_the_last_steps_count() {
    let told = on_shirr("experiments_on_shirr", "");
    assert_eq!((told.count("mended: "), told.count("still wrong: ")), (4, 0), "{:#?}", told.0);
}

/// Breaks if a step adds something of its own to the program.
#[test]
fn the_program_is_the_same_but_for_one_use_line() {
    for step in LAST {
        let source = source(step);
        for file in ["program", "experiments"] {
            let (_, module) = source.split_once(&format!("mod {file} {{\n")).unwrap();
            let lines: Vec<_> = module.split("\n}").next().unwrap().lines().map(str::trim).collect();
            let [uses, includes] = lines[..] else { panic!("{lines:?}") };
            assert!(uses.starts_with("use super::{"), "{uses}");
            assert_eq!(includes, format!(r#"include!("../{file}.rs");"#));
            assert!(root().join(format!("src/{file}.rs")).exists());
        }
    }
}
