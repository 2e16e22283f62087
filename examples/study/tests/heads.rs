//! Each step is laid out like the one before, and its head leads to what is there.

mod common;

use common::{STEPS, root, run_command, source};
use std::fs;
use std::path::Path;
use std::process::Command;
use study::settled::{TAKES_IN, body, whole};

/// The parts of a step, in the order in which shirr's layers lie upon each other.
const PARTS: [&str; 9] =
    ["wake", "task", "reactor", "runtime", "time", "net", "gather", "details", "the program"];

/// The head of a step, as one line of words.
fn head(step: &str) -> String {
    let source = source(step);
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// What stands between backticks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The code of a step and its settled parts.
fn code(step: &str) -> Vec<String> {
    code_of(&whole(step))
}

/// Without comments and empty lines.
fn code_of(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap().trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// Breaks if a head leaves out one of its four parts.
#[test]
fn each_head_says_what_is_known_what_is_new_what_to_try_and_where_it_is_for_real() {
    for (number, (step, _)) in STEPS.iter().enumerate() {
        let head = head(step);
        assert!(head.starts_with(&format!("Step {number}: ")), "{head}");
        // A try is part of the walk, or comes after it.
        let tries = ["Try: ", "Try later: "].into_iter().filter(|part| head.contains(part));
        let [what_to_try] = tries.collect::<Vec<_>>()[..] else { panic!("{step}: one thing to try") };
        let parts = ["You know by now: ", "New: ", what_to_try, "For real: "].map(|part| head.find(part));
        assert!(parts.iter().all(Option::is_some) && parts.is_sorted(), "{step}: {parts:?}");
    }
}

/// Breaks if a file that a head or the README names is moved or removed.
#[test]
fn every_file_that_the_study_names_exists() {
    let shirr = root().join("../..");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let texts = STEPS.iter().map(|(step, _)| head(step)).chain([readme.clone()]);
    let mut seen = 0;
    for text in texts {
        for span in spans(&text).filter(|span| span.starts_with("src/") || span.starts_with("tests/")) {
            let exists = [&shirr, root()].iter().any(|folder: &&Path| folder.join(span).exists());
            assert!(exists, "{span}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} names");
    for line in readme.lines().filter_map(|line| line.strip_prefix("cargo run -p study --bin ")) {
        let step = line.split(' ').next().unwrap();
        assert!(STEPS.iter().any(|(name, _)| *name == step), "{step}");
    }
}

/// Breaks if a step begins to use `unsafe` before it is explained.
#[test]
fn the_first_unsafe_is_that_of_the_waker_that_is_a_number() {
    let with: Vec<_> = STEPS.iter().filter(|(step, _)| code(step).join("\n").contains("unsafe {")).collect();
    assert_eq!(with.iter().map(|(step, _)| *step).collect::<Vec<_>>(), ["s8_number", "s9_panics"]);
}

/// Breaks if a step has its parts in another order, or loses one.
#[test]
fn the_parts_of_a_step_lie_in_one_order_and_stay() {
    let mut before: Vec<usize> = Vec::new();
    for (step, _) in STEPS {
        let source = source(step);
        let marks = source.lines().filter_map(|line| line.strip_prefix("// ---- "));
        let names = marks.map(|mark| mark.split([':', '-']).next().unwrap().trim().to_owned());
        let parts: Vec<_> = names.map(|name| PARTS.iter().position(|part| *part == name).unwrap()).collect();
        assert!(parts.is_sorted() && !parts.is_empty(), "{step}: {parts:?}");
        assert!(before.iter().all(|part| parts.contains(part)), "{step} loses one: {parts:?}");
        before = parts;
    }
}

/// Breaks if a step grows far beyond its idea: a fifth more lines than a sketch of it had. What it takes
/// in counts where it is shown.
#[test]
fn a_step_has_few_lines_of_its_own() {
    const SKETCH: [usize; 10] = [27, 59, 91, 115, 140, 200, 240, 345, 350, 400];
    for ((step, _), sketch) in STEPS.iter().zip(SKETCH) {
        let lines = code_of(&source(step)).len();
        assert!(5 * lines <= 6 * sketch, "{step} has {lines} lines");
    }
}

/// Breaks if a settled part is not, line for line, what the step shows that it names; or if a later
/// step takes it in and names another; or if no step does.
#[test]
fn a_settled_part_is_what_the_step_shows_that_it_names() {
    let parts = fs::read_dir(root().join("src/settled")).unwrap().map(|part| part.unwrap().path());
    for part in parts {
        let (name, text) = (part.file_name().unwrap().to_str().unwrap(), fs::read_to_string(&part).unwrap());
        let is_from = |step: &str| {
            let number = step.split('_').next().unwrap();
            text.starts_with(&format!("// From {number}: src/bin/{step}.rs, line for line.\n\n"))
        };
        let from = STEPS.iter().position(|(step, _)| is_from(step)).expect(name);
        assert!(source(STEPS[from].0).contains(&body(&text)), "{name} is not what {} shows", STEPS[from].0);
        let taken = |(step, _): &(&str, &str)| {
            let begin = format!("{TAKES_IN}{name}\");");
            let as_in = source(step).lines().find_map(|line| line.strip_prefix(&begin).map(str::to_owned))?;
            assert_eq!(as_in, format!(" // as in s{from}"), "{name} in {step}");
            Some(())
        };
        assert_eq!(STEPS[..=from].iter().filter_map(taken).count(), 0, "{name} is settled too early");
        assert!(STEPS[from + 1..].iter().filter_map(taken).count() > 0, "no step takes {name} in");
    }
}

/// Breaks if a diff of two steps shows much besides the new idea. From the second step on; the
/// last one mends drops and panics, so that tasks and children are laid out anew.
#[test]
fn a_step_keeps_most_lines_of_the_one_before() {
    for pair in STEPS[2..].windows(2) {
        let [(before, _), (after, _)] = pair else { unreachable!() };
        let (mut after_lines, lines) = (code(after), code(before));
        let program = lines.iter().position(|line| line.contains("struct")).unwrap();
        let kept = lines[program..].iter().filter(|line| {
            let found = after_lines.iter().position(|other| other == *line);
            found.map(|at| after_lines.remove(at)).is_some()
        });
        let (kept, all) = (kept.count(), lines.len() - program);
        assert!(10 * kept >= 7 * all, "{after} keeps {kept} of the {all} lines of {before}");
    }
}

/// Breaks if `compare` shows what the walk does not read, or does not say where to stop.
#[test]
fn compare_shows_what_is_new_above_the_details_and_says_where_to_stop() {
    let compare = |args: &[&str]| run_command(Command::new(env!("CARGO_BIN_EXE_compare")).args(args));
    let told = compare(&["s6_bell", "s7_gather"]);
    for left_out in ["//!", "use std::", "details: ", "the program", "fn main"] {
        assert_eq!(told.count(left_out), 0, "{left_out}: {:#?}", told.0);
    }
    let last = told.0.last().unwrap();
    assert!(last.starts_with("+// ") && last.ends_with("Stop here, and run s7_gather."), "{last}");
    assert!(told.count("+struct Gather") == 1);
    let all = compare(&["--all", "s6_bell", "s7_gather"]);
    assert!(all.count("+//! Step 7: ") == 1 && all.count("+mod program {") == 1);
    assert_eq!(all.count("Stop here"), 0);
}

/// Breaks if the README words an invariant otherwise than DESIGN.md does, leaves one out, or names a
/// step that does not cite it.
#[test]
fn the_invariants_are_those_of_the_design_and_each_step_cites_what_it_shows() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let design = fs::read_to_string(root().join("../../DESIGN.md")).unwrap();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| I")?.strip_suffix(" |"));
    let rows: Vec<Vec<_>> = rows.map(|row| row.split(" | ").collect()).collect();
    let theirs = design.lines().filter_map(|line| line.strip_prefix("- **I"));
    assert_eq!(rows.len(), theirs.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).count());
    for row in rows {
        let [number, sentence, steps] = row[..] else { panic!("{row:?}") };
        let begin = format!("- **I{number}** {}", sentence.trim_end_matches('.'));
        assert!(design.contains(&begin), "{begin}");
        for number_of_step in steps.split(", ").filter(|step| !step.starts_with("none")) {
            let begin = format!("{number_of_step}_");
            let (step, _) = STEPS.iter().find(|(step, _)| step.starts_with(&begin)).unwrap();
            assert!(source(step).contains(&format!("(I{number})")), "{step} does not cite I{number}");
        }
    }
}

/// Breaks if the README grows beyond what is read at one go.
#[test]
fn the_readme_is_short_and_has_a_place_for_the_costs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (before, rest) = readme.split_once("<!-- costs: generated, do not edit -->").unwrap();
    let (_, after) = rest.split_once("<!-- /costs -->").unwrap();
    let words = before.split_whitespace().chain(after.split_whitespace()).count();
    assert!(words <= 1700, "{words} words");
    for (step, _) in STEPS {
        assert!(readme.contains(step), "{step} is missing");
    }
}
