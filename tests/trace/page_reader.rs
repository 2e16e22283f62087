//! What a page does for a reader who has never seen an executor: where it opens, how it counts, and
//! how it explains.

use crate::browser::{Browser, Page};
use serde_json::json;
use shirr::time::sleep;
use shirr::trace::{Recorder, Recording, What};
use shirr::{gather, spawn};
use std::fs;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn recorded<F: Future>(future: F) -> Recording {
    let recorder = Recorder::new();
    drop(shirr::Runtime::builder().record(&recorder).build().unwrap().block_on(future));
    recorder.recording()
}

async fn fetch(time: u32) -> u32 {
    sleep(10 * time * MS).await;
    time
}

/// A browser with the page of this recording.
fn opened(name: &str, recording: &Recording) -> Option<(Browser, Page)> {
    let mut browser = Browser::start(name)?;
    let page = Page::of(name, &recording.to_html(name));
    browser.set_window(1200, 900, "light");
    browser.open(&page.0);
    Some((browser, page))
}

fn text_of(browser: &mut Browser, id: &str) -> String {
    let text = browser.eval(&format!("document.getElementById('{id}').textContent"));
    text.as_str().unwrap().to_owned()
}

/// Breaks if the page opens on the first event, which says that a thread enters the runtime.
#[test]
fn a_page_opens_where_the_gather_begins_and_says_how_to_read_it() {
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let Some((mut browser, _page)) = opened("opening", &recording) else { return };
    assert!(text_of(&mut browser, "sentence").starts_with("Gather 1 has 3 futures of fetch side by side"));
    let how = text_of(&mut browser, "opening");
    for part in ["lane", "arrow", "sentence", "ready queue", "Press →"] {
        assert!(how.contains(part), "{part}: {how}");
    }
    let seen = "document.getElementById('opening').checkVisibility({ contentVisibilityAuto: true })";
    assert_eq!(browser.eval(seen), true);
    browser.eval("document.querySelector('#opening summary').focus()");
    assert_eq!(browser.eval("document.getElementById('opening').open"), true);
    browser.enter();
    assert_eq!(browser.eval("document.getElementById('opening').open"), false, "a key closes it");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if a page without a gather in its first poll opens elsewhere than on that poll.
#[test]
fn a_page_without_a_gather_opens_on_the_first_poll() {
    let recording = recorded(async {
        spawn(sleep(MS)).await.unwrap();
        gather([1].map(fetch)).await
    });
    let Some((mut browser, _page)) = opened("first-poll", &recording) else { return };
    assert_eq!(text_of(&mut browser, "sentence"), "Task 1 (block_on) is polled, for the 1st time.");
}

/// Breaks if a table, the queue, a lane or a sentence shows a number of the program.
#[test]
fn tasks_and_timers_are_counted_from_1_and_the_facts_say_what_the_program_prints() {
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let numbers = |number: fn(&What) -> Option<u64>| -> Vec<u64> {
        recording.events.iter().filter_map(|event| number(&event.what)).collect()
    };
    let tasks = numbers(|what| if let What::Admitted { task, .. } = what { Some(*task) } else { None });
    let timers = numbers(|what| if let What::TimerAdded { timer, .. } = what { Some(*timer) } else { None });
    assert!(tasks[0] > 4 && timers[0] > 3, "else this shows nothing");
    let Some((mut browser, _page)) = opened("numbers", &recording) else { return };
    let asks = recording.events.iter().position(|event| matches!(event.what, What::Asking { .. })).unwrap();
    browser.eval(&format!("shirr.go({asks})"));
    let heads = "['tasks', 'timers'].map((id) => [...document.querySelectorAll(`#${id} tbody th`)].map((head) => head.textContent))";
    assert_eq!(browser.eval(heads), json!([["1", "2", "3", "4"], ["1", "2", "3"]]));
    assert_eq!(
        browser.eval("lanes.filter(({ task }) => task).map(({ label }) => label)"),
        json!(["1", "2", "3", "4"])
    );
    let said = text_of(&mut browser, "sentence");
    assert!(said.contains("the deadline of timer 2"), "{said}");
    let added = recording.events.iter().position(|event| matches!(event.what, What::TimerAdded { .. }));
    browser.eval(&format!("shirr.go({})", added.unwrap()));
    assert!(text_of(&mut browser, "sentence").starts_with("Task 2 (fetch) sets timer 1, "));
    let facts = text_of(&mut browser, "facts");
    assert!(facts.contains(&format!("Printed astask 2: {}, timer 1: {}", tasks[1], timers[0])), "{facts}");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if the page numbers a step otherwise than the story, or names it otherwise than DESIGN.md.
#[test]
fn an_event_has_the_step_that_the_story_gives_it_by_the_name_that_the_design_gives_it() {
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let story = recording.to_text();
    let told = story.lines().filter(|line| line.contains(" | "));
    let step =
        |line: &str| line.rsplit_once(", walk ").map(|(_, step)| step.trim_end_matches(']').to_owned());
    let steps: Vec<_> = told.map(step).collect();
    assert!(steps.iter().flatten().count() > 10 && steps.len() == recording.events.len());
    let design = fs::read_to_string("DESIGN.md").unwrap();
    let (_, walk) = design.split_once("## A read in a gather").unwrap();
    let Some((mut browser, _page)) = opened("steps", &recording) else { return };
    for (at, step) in steps.iter().enumerate() {
        browser.eval(&format!("shirr.go({at})"));
        let shown = text_of(&mut browser, "walk");
        let Some(step) = step else {
            assert_eq!(shown, "", "event {at}");
            continue;
        };
        let (_, name) = walk.split_once(&format!("\n{step}. **")).unwrap();
        let (name, _) = name.split_once("**").unwrap();
        let wanted = format!("· step {step} of 12 in DESIGN.md's walk: {}", name.trim_end_matches('.'));
        assert_eq!(shown, wanted, "event {at}");
    }
}

/// Breaks if a word of DESIGN.md is not listed, or a sentence's word is no button with its meaning.
#[test]
fn the_twelve_words_are_explained_by_keyboard_where_a_sentence_has_them() {
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let Some((mut browser, _page)) = opened("glossary", &recording) else { return };
    let design = fs::read_to_string("DESIGN.md").unwrap();
    let words: Vec<_> =
        design.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next()).collect();
    let words: Vec<_> = words[..12].iter().map(|word| word.replace('`', "")).collect();
    let listed =
        browser.eval("[...document.querySelectorAll('#glossary dt')].map((word) => word.textContent)");
    assert_eq!(listed, json!(words));
    let met = "[...new Set(events.flatMap((_, at) => explained(sentence(at))).filter((piece) => piece.firstChild).map(({ firstChild }) => firstChild.title.split(' (')[0]))]";
    let met = browser.eval(met);
    for word in ["Task", "Slab", "Waker", "Ready queue", "Turn", "Event poll", "Batch", "MaybeDone"] {
        assert!(met.as_array().unwrap().contains(&json!(word)), "{word} is explained in no sentence: {met}");
    }
    let popped = recording.events.iter().position(|event| matches!(event.what, What::Popped { .. })).unwrap();
    browser.eval(&format!("shirr.go({popped})"));
    assert_eq!(browser.eval("shirr.sentence(shirr.shown())"), text_of(&mut browser, "sentence"));
    browser.eval("document.querySelector('#sentence .word').focus()");
    browser.enter();
    let meaning = text_of(&mut browser, "meaning");
    assert!(meaning.starts_with("Task (others say: task): a future that the loop polls"), "{meaning}");
    assert_eq!(browser.eval("document.activeElement.ariaExpanded"), "true");
    browser.press("Escape");
    assert_eq!(browser.eval("document.getElementById('meaning').hidden"), true);
    assert_eq!(browser.eval("document.activeElement.ariaExpanded"), "false");
    browser.press("ArrowRight");
    assert_eq!(browser.eval("document.activeElement.id"), "sentence", "a step keeps the focus there");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if the page marks the hook, or lines that are not those that the file says act.
#[test]
fn the_source_pane_marks_the_code_that_acts() {
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let Some((mut browser, _page)) = opened("source", &recording) else { return };
    let polling = recording.events.iter().position(|event| matches!(event.what, What::Polling { .. }));
    browser.eval(&format!("shirr.go({})", polling.unwrap()));
    let marks = "[...document.querySelectorAll('#source mark')].map((line) => line.textContent.replace(/\\s+/g, ' ').trim())";
    let marked = browser.eval(marks);
    assert_eq!(marked.as_array().unwrap().len(), 1, "{marked}");
    let (number, code) = marked[0].as_str().unwrap().split_once(' ').unwrap();
    assert_eq!(code, "let polled = poll(&mut Context::from_waker(&waker));");
    let caption = browser.eval("document.querySelector('#source figcaption').textContent");
    assert_eq!(caption, format!("src/task/slab.rs:{number}"));
    let hook = browser.eval("document.querySelector('#source .hook').textContent");
    assert!(hook.as_str().unwrap().contains("trace::emit!(Polling"), "{hook}");
}
