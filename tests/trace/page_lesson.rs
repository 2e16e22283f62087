//! The lesson of a page: the reader says what happens next, and is told whether that is so.

use crate::browser::{Browser, Page};
use crate::everything::everything;
use serde_json::json;
use shirr::gather;
use shirr::time::sleep;
use shirr::trace::{Recorder, Recording, What};
use std::time::Duration;

fn recorded<F: Future>(future: F) -> Recording {
    let recorder = Recorder::new();
    drop(shirr::Runtime::builder().record(&recorder).build().unwrap().block_on(future));
    recorder.recording()
}

async fn fetch(time: u64) -> u64 {
    sleep(Duration::from_millis(10 * time)).await;
    time
}

/// The page of a gather of three, with the lesson begun by the keyboard.
fn begun(name: &str) -> Option<(Browser, Page, Recording)> {
    let mut browser = Browser::start(name)?;
    let recording = recorded(async { gather([3, 1, 2].map(fetch)).await });
    let page = Page::of(name, &recording.to_html(name));
    browser.set_window(1200, 900, "light");
    browser.open(&page.0);
    browser.eval("document.getElementById('lesson-start').focus()");
    browser.enter();
    Some((browser, page, recording))
}

fn text_of(browser: &mut Browser, id: &str) -> String {
    let text = browser.eval(&format!("document.getElementById('{id}').textContent"));
    text.as_str().unwrap().to_owned()
}

/// What the reader can choose among.
fn choices(browser: &mut Browser) -> Vec<String> {
    let texts = "[...document.querySelectorAll('#choices button')].map((button) => button.textContent)";
    serde_json::from_value(browser.eval(texts)).unwrap()
}

/// The number of the choice that is right, as a key.
fn right(browser: &mut Browser) -> usize {
    let right = browser.eval("1 + lesson.question.choices.findIndex(({ why }) => why === null)");
    right.as_u64().unwrap() as usize
}

/// Breaks if a key chooses another answer, a wrong one counts as right, the page does not step to
/// what happens, or the lesson does not end with the recording.
#[test]
fn a_lesson_is_taken_by_the_keyboard_and_counts_what_was_right() {
    let Some((mut browser, _page, recording)) = begun("lesson") else { return };
    let (mut asked, mut known) = (0, 0);
    loop {
        let offered = choices(&mut browser);
        if offered.is_empty() {
            break;
        }
        assert!((2..=4).contains(&offered.len()), "{offered:?}");
        let (before, at) = (browser.eval("shirr.shown()"), browser.eval("lesson.question.at"));
        assert!(at.as_u64() > before.as_u64());
        let right = right(&mut browser);
        let chosen = if asked % 3 == 1 { 1 + right % offered.len() } else { right };
        browser.press(&chosen.to_string());
        asked += 1;
        assert_eq!(browser.eval("shirr.shown()"), at);
        assert_eq!(browser.eval("shirr.sentence(shirr.shown())"), text_of(&mut browser, "sentence"));
        let answer = text_of(&mut browser, "answer");
        if chosen == right {
            known += 1;
            assert!(answer.starts_with("Right."), "{answer}");
        } else {
            let words = offered[chosen - 1].split_once(' ').unwrap().1;
            assert!(answer.starts_with(&format!("Not “{words}”: ")), "{answer}");
        }
        assert_eq!(text_of(&mut browser, "score"), format!("{known} of {asked} right"));
    }
    assert!(asked > 25 && known < asked, "{known} of {asked}");
    let answer = text_of(&mut browser, "answer");
    assert!(answer.ends_with(&format!(" The lesson is over: {known} of {asked} right.")), "{answer}");
    let left = recording.events.iter().position(|event| matches!(event.what, What::Left)).unwrap();
    assert_eq!(browser.eval("shirr.shown()"), left, "block_on has returned");
    assert_eq!(browser.eval("document.getElementById('lesson-start').ariaPressed"), "false");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if a question offers other answers than the state has: the next of the queue, another
/// that is ready, the sleep.
#[test]
fn the_answers_are_what_the_state_could_lead_to() {
    let Some((mut browser, _page, _)) = begun("choices") else { return };
    let mut offered = choices(&mut browser);
    offered.sort_by_key(|choice| choice[2..].to_owned());
    let bare: Vec<_> = offered.iter().map(|choice| &choice[2..]).collect();
    assert_eq!(
        bare,
        [
            "Task 1 (block_on) ends, and its poll returns Ready",
            "Task 1 (block_on) has to wait, and its poll returns Pending",
            "Task 2 (fetch) gets its turn",
            "The loop goes to sleep",
        ]
    );
    let key = right(&mut browser);
    assert!(choices(&mut browser)[key - 1].contains("has to wait"));
    browser.press(&key.to_string());
    let offered = choices(&mut browser);
    let key = right(&mut browser);
    assert_eq!(offered[key - 1][2..], *"Task 2 (fetch) gets its turn");
    for other in ["Task 3 (fetch) gets its turn", "Task 4 (fetch) gets its turn", "The loop goes to sleep"] {
        assert!(offered.iter().any(|choice| choice.ends_with(other)), "{other}: {offered:?}");
    }
    let wrong = offered.iter().position(|choice| choice.ends_with("Task 3 (fetch) gets its turn")).unwrap();
    browser.press(&(wrong + 1).to_string());
    let answer = text_of(&mut browser, "answer");
    assert_eq!(answer, "Not “Task 3 (fetch) gets its turn”: the ready queue is first in, first out.");
}

/// Breaks if the answer is not said to a screen reader, the choices have no name, or the focus is
/// lost when a choice is made by its button.
#[test]
fn a_lesson_can_be_taken_by_buttons_and_a_screen_reader_and_be_stopped() {
    let Some((mut browser, _page, _)) = begun("buttons") else { return };
    let spoken = "document.getElementById('answer').closest('[aria-live=polite][role=status]') === document.getElementById('sentence').closest('[aria-live]')";
    assert_eq!(browser.eval(spoken), true);
    browser.call("Accessibility.enable", &json!({}));
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let groups = tree["nodes"].as_array().unwrap().iter().filter(|node| node["role"]["value"] == "group");
    let names: Vec<_> = groups.filter_map(|node| node["name"]["value"].as_str()).collect();
    assert!(names.iter().any(|name| name.starts_with("What happens next?")), "{names:?}");
    browser.eval("document.querySelector('#choices button').focus()");
    browser.enter();
    assert_eq!(browser.eval("document.activeElement === document.querySelector('#choices button')"), true);
    browser.press("ArrowRight");
    assert_eq!(text_of(&mut browser, "answer"), "", "a step by hand is no answer");
    browser.eval("document.getElementById('lesson-start').focus()");
    browser.enter();
    assert_eq!(choices(&mut browser), [""; 0]);
    let shown = browser.eval("shirr.shown()");
    browser.press("1");
    assert_eq!(browser.eval("shirr.shown()"), shown, "after the lesson a number is no choice");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if a question of any kind has one answer only, two that are alike or none that is right.
#[test]
fn any_recording_has_questions_with_one_right_answer() {
    let Some(mut browser) = Browser::start("questions") else { return };
    for (name, recording) in [("everything", recorded(everything())), ("empty", Recorder::new().recording())]
    {
        let page = Page::of(name, &recording.to_html(name));
        browser.open(&page.0);
        let wrong = browser.eval(
            "events.map((_, at) => questionAfter(at - 1)).filter((question) => question && (() => {
                const words = question.choices.map(({ words }) => words);
                return words.length < 2 || words.length > 4 || new Set(words).size < words.length
                    || /undefined|NaN|null/.test(words.join()) || question.choices.filter(({ why }) => why === null).length !== 1;
            })())",
        );
        assert_eq!(wrong, json!([]), "{name}");
        let topics = browser
            .eval("[...new Set(events.map((event, at) => RIGHT[event.kind]?.(event, at)?.topic))].length");
        assert!(name == "empty" || topics.as_u64() > Some(8), "{topics}");
        browser.eval("startLesson()");
    }
    assert_eq!(browser.errors, [""; 0]);
}
