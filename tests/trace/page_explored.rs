//! The page of a run that was explored and fails: what was chosen in it, and the run beside it that passes.

use crate::browser::{Browser, Page, check_page};
use crate::states::compare_states;
use serde_json::{Value, json};
use shirr::explore::{Explorer, Told};
use shirr::spawn;
use shirr::time::sleep;
use shirr::trace::{Recording, What};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use std::{env, fs};

/// Takes it that of three tasks which sleep equally long, the first is first.
async fn sleepers() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let task = |name: u32| {
        let seen = Rc::clone(&seen);
        spawn(async move {
            sleep(Duration::from_millis(10)).await;
            seen.borrow_mut().push(name);
        })
    };
    for task in [1, 2, 3].map(task) {
        task.await.unwrap();
    }
    assert_eq!(seen.take()[0], 1, "another order than assumed");
}

fn told() -> Told {
    let failure = Explorer::new().check(sleepers).expect_err("the order is not promised");
    failure.told().expect("it is deterministic").clone()
}

/// The number of the event that is the deviation.
fn deviation(recording: &Recording) -> usize {
    let deviates = |what: &What| matches!(what, What::Chosen { choice } if choice.taken > 0);
    recording.events.iter().position(|event| deviates(&event.what)).expect("it takes one")
}

fn opened(name: &str) -> Option<(Browser, Page, Told)> {
    let mut browser = Browser::start(name)?;
    let told = told();
    let page = Page::of(name, &told.to_html("sleepers"));
    browser.set_window(1280, 900, "light");
    browser.open(&page.0);
    Some((browser, page, told))
}

fn text_of(browser: &mut Browser, selector: &str) -> String {
    let text = browser.eval(&format!("document.querySelector('{selector}').textContent"));
    text.as_str().unwrap().to_owned()
}

fn texts_of(browser: &mut Browser, selector: &str) -> Vec<String> {
    let script = format!("[...document.querySelectorAll('{selector}')].map((one) => one.textContent)");
    serde_json::from_value(browser.eval(&script)).unwrap()
}

/// Breaks if a script takes the first of the queue where another was chosen.
#[test]
fn both_runs_are_stepped_through_and_show_every_state_as_it_was() {
    let Some((mut browser, page, told)) = opened("explored-states") else { return };
    check_page(&mut browser, &page.0, |_, _| {});
    compare_states(&mut browser, &told.fails, 1);
    browser.reload_by(|browser| drop(browser.eval("location.hash = 'other-0'")));
    compare_states(&mut browser, told.passes.as_ref().unwrap(), 1);
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if the page opens elsewhere, or a choice shows less than what was open.
#[test]
fn a_page_opens_on_the_deviation_and_says_what_else_was_open() {
    let Some((mut browser, _page, told)) = opened("explored-opening") else { return };
    let at = deviation(&told.fails);
    assert_eq!(browser.eval("shirr.shown()"), at);
    assert_eq!(browser.eval("explored.flags.length"), 2, "the deviation, and where it fails");
    let What::Chosen { choice } = &told.fails.events[at].what else { unreachable!() };
    let open = texts_of(&mut browser, "#open li");
    assert_eq!(open.len(), choice.open.len());
    for (number, (shown, words)) in open.iter().zip(&choice.open).enumerate() {
        let sign = match number {
            0 => " (what the runtime does by itself)",
            taken if taken == choice.taken as usize => " (taken here)",
            _ => "",
        };
        assert_eq!(*shown, format!("{words}{sign}"));
    }
    let said = text_of(&mut browser, "#sentence");
    assert!(said.contains(" deviates: task ") && said.contains(". By itself: task 2 has its turn"), "{said}");
    browser.press("ArrowRight");
    assert_eq!(browser.eval("document.getElementById('open').hidden"), true);
    let said = text_of(&mut browser, "#sentence");
    assert!(said.ends_with(" leaves the ready queue for its turn, as was chosen."), "{said}");
}

/// Breaks if a list of the head leads nowhere, or the runs are said to part elsewhere.
#[test]
fn the_head_says_why_it_fails_and_where_the_two_runs_part() {
    let Some((mut browser, _page, told)) = opened("explored-head") else { return };
    let (at, passes) = (deviation(&told.fails), told.passes.as_ref().unwrap());
    let why = text_of(&mut browser, "#fails");
    assert!(
        why.contains("The run fails: panicked at ") && why.contains("another order than assumed"),
        "{why}"
    );
    browser.eval("document.querySelector('#fails button').focus()");
    browser.enter();
    assert_eq!(text_of(&mut browser, "#kind"), "Failed");
    browser.eval("document.querySelector('#deviations button').focus()");
    browser.enter();
    assert_eq!(browser.eval("shirr.shown()"), at);
    let parting = text_of(&mut browser, "#parting");
    assert_eq!(
        parting,
        format!("Two runs of one program: {at} events are the same in both, and in #{at} they part.")
    );
    let [here, there] = ["#here li", "#there li"].map(|list| texts_of(&mut browser, list));
    assert_eq!((here.len(), there.len()), (5, 5));
    assert!(here[0].contains(" deviates: ") && there[0].contains(", as by itself: "), "{here:?} {there:?}");
    assert!(passes.events.len() > at);
}

/// Breaks if the other run is shown at another event, or there is no way back.
#[test]
fn a_key_switches_to_the_run_that_passes_at_the_same_event_and_back() {
    let Some((mut browser, _page, told)) = opened("explored-switch") else { return };
    let at = deviation(&told.fails);
    let switch = |browser: &mut Browser| {
        browser.eval("document.getElementById('switch').focus()");
        browser.reload_by(Browser::enter);
    };
    assert_eq!(text_of(&mut browser, "#switch"), "Switch to the run that passes");
    switch(&mut browser);
    assert_eq!(browser.eval("shirr.shown()"), at);
    assert_eq!(browser.eval("shirr.count"), told.passes.as_ref().unwrap().events.len());
    assert_eq!(text_of(&mut browser, "#fails"), "This run passes.");
    assert!(text_of(&mut browser, "#sentence").contains(", as by itself: "));
    browser.eval("document.querySelector('#there button').focus()");
    browser.reload_by(Browser::enter);
    assert_eq!((browser.eval("shirr.shown()"), text_of(&mut browser, "#kind")), (json!(at), "Chosen".into()));
    assert_eq!(text_of(&mut browser, "#switch"), "Switch to the run that passes");
    assert_eq!(browser.errors, [""; 0]);
}

/// Breaks if a part is only seen, or is wider than a narrow screen.
#[test]
fn it_is_read_aloud_and_fits_into_400_pixels() {
    let Some((mut browser, page, _)) = opened("explored-narrow") else { return };
    browser.call("Accessibility.enable", &json!({}));
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let names = |role: &str| -> Vec<String> {
        let nodes = tree["nodes"].as_array().unwrap().iter();
        let nodes =
            nodes.filter(|node| node["role"]["value"] == role && node["ignored"] == Value::Bool(false));
        nodes.map(|node| node["name"]["value"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert!(names("region").contains(&"What was chosen".to_owned()), "{:?}", names("region"));
    assert!(names("button").iter().all(|name| !name.is_empty()));
    assert!(names("button").iter().any(|name| name == "Switch to the run that passes"));
    assert!(names("checkbox").contains(&"choices".to_owned()));
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")] {
        browser.set_window(width, 1400, scheme);
        assert!(browser.eval("document.documentElement.scrollWidth").as_u64() <= Some(width.into()));
        if let Some(to) = env::var_os("SHIRR_PICTURES") {
            fs::create_dir_all(&to).unwrap();
            browser.open(&page.0);
            browser.picture(&Path::new(&to).join(format!("explored-{width}-{scheme}.png")));
        }
    }
}
