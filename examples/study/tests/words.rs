//! The steps speak as shirr's trace does, where it has a sentence.

mod common;

use common::{STEPS, root};
use std::fs;
use study::settled::whole;

/// What only the study tells: shirr has no gap in which a thread comes, and names what it waits for.
const OWN: [&str; 4] = [
    "the loop sleeps until a timer is due",
    "the loop says that it is asleep",
    "the loop sees that the inbox ",
    "another thread leaves a message, sees the loop ",
];

/// The texts that a step prints by `say!`.
fn sentences(source: &str) -> Vec<String> {
    let calls = source.split("say!(\"").skip(1);
    calls.map(|call| call.split('"').next().unwrap().to_owned()).collect()
}

/// What stands between the braces of a format. The trace names a task, and the type of futures, at
/// more length.
fn fixed_words(sentence: &str) -> Vec<String> {
    let sentence = sentence.replace("task {", "{").replace("timer {", "{").replace("} futures", "}");
    let pieces = sentence.split('{').map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    let words = pieces.map(|piece| piece.trim_matches([' ', ','])).filter(|words| words.len() > 2);
    words.map(str::to_owned).collect()
}

/// Breaks if a step finds words of its own for what the trace tells.
#[test]
fn what_the_trace_tells_too_is_told_in_its_words() {
    let folder = root().join("../../src/trace/recording");
    let more = fs::read_dir(folder.join("sentence")).unwrap().map(|file| file.unwrap().path());
    let files = more.chain(["sentence.rs", "names.rs"].map(|file| folder.join(file)));
    let trace: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut told = 0;
    let polls = ("story.rs", fs::read_to_string(root().join("src/story.rs")).unwrap());
    for (step, source) in STEPS.map(|(step, _)| (step, whole(step))).into_iter().chain([polls]) {
        for sentence in sentences(&source) {
            told += 1;
            if OWN.iter().any(|own| sentence.starts_with(own)) {
                continue;
            }
            for words in fixed_words(&sentence) {
                assert!(trace.contains(&words), "{step}: the trace does not say {words:?} ({sentence})");
            }
        }
    }
    assert!(told > 80, "{told} sentences");
}
