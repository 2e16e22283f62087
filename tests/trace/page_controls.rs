//! What can be done with the page of a recording beside stepping.

use crate::browser::{Browser, Page};
use serde_json::{Value, json};
use shirr::trace::Recorder;
use std::time::Duration;

/// A page of a gather whose children sleep, opened.
fn opened(name: &str) -> Option<(Browser, Page)> {
    let mut browser = Browser::start(name)?;
    let recorder = Recorder::new();
    let runtime = shirr::Runtime::builder().record(&recorder).build().unwrap();
    let sleeper = |n: u64| shirr::time::sleep(Duration::from_micros(n * 300));
    runtime.block_on(async move {
        shirr::spawn(shirr::yield_now()).await.unwrap();
        shirr::gather((0..20).map(sleeper)).await
    });
    drop(runtime);
    let page = Page::of(name, &recorder.recording().to_html(name));
    browser.set_window(1280, 800, "light");
    browser.open(&page.0);
    Some((browser, page))
}

/// From where to where the page shows the run.
fn seen(browser: &mut Browser) -> (f64, f64) {
    let seen = browser.eval("[view.from, view.to]");
    (seen[0].as_f64().unwrap(), seen[1].as_f64().unwrap())
}

fn press_button(browser: &mut Browser, id: &str) {
    let at = browser.middle(id);
    browser.click(at);
}

/// How much is seen after `act`, in parts of what was seen before it.
fn zoomed(browser: &mut Browser, act: impl FnOnce(&mut Browser)) -> f64 {
    let (from, to) = seen(browser);
    act(browser);
    browser.rest();
    let (new_from, new_to) = seen(browser);
    (new_to - new_from) / (to - from)
}

/// How far what is seen has gone to the right after `act`.
fn panned(browser: &mut Browser, act: impl FnOnce(&mut Browser)) -> f64 {
    let (from, _) = seen(browser);
    act(browser);
    browser.rest();
    seen(browser).0 - from
}

#[test]
fn wheel_keys_and_buttons_zoom_and_pan() {
    let Some((mut browser, _page)) = opened("zoom") else { return };
    let canvas = browser.middle("canvas");
    let whole = seen(&mut browser);
    assert!(zoomed(&mut browser, |browser| browser.wheel(canvas, -400.0)) < 0.9);
    assert!(zoomed(&mut browser, |browser| browser.wheel(canvas, 100.0)) > 1.1);
    assert!(zoomed(&mut browser, |browser| press_button(browser, "zoom-in")) < 0.9);
    assert!(panned(&mut browser, |browser| press_button(browser, "pan-right")) > 0.0);
    assert!(panned(&mut browser, |browser| press_button(browser, "pan-left")) < 0.0);
    let drag = |browser: &mut Browser| {
        browser.mouse("mousePressed", canvas);
        browser.mouse("mouseMoved", (canvas.0 - 60.0, canvas.1));
        browser.mouse("mouseReleased", (canvas.0 - 60.0, canvas.1));
    };
    assert!(panned(&mut browser, drag) > 0.0);
    browser.eval("canvas.focus()");
    assert!(zoomed(&mut browser, |browser| browser.press("+")) < 0.9);
    assert!(zoomed(&mut browser, |browser| browser.press("-")) > 1.1);
    browser.press("0");
    assert_eq!(seen(&mut browser), whole);
    for scale in ["time", "order"] {
        press_button(&mut browser, &format!("by-{scale}"));
        assert_eq!(browser.eval("view.scale"), scale);
    }
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn a_search_goes_from_match_to_match() {
    let Some((mut browser, _page)) = opened("search") else { return };
    browser.eval("document.getElementById('query').focus()");
    browser.write("yieldnow");
    assert_eq!(browser.eval("view.found.size"), 1, "the lane of the task that gives way");
    let mut before = browser.eval("shirr.shown()").as_u64();
    for id in ["find-next", "find-next", "find-next"] {
        press_button(&mut browser, id);
        assert_eq!(browser.eval("history.tasks.get(history.concern[shirr.shown()]).name"), "YieldNow");
        let now = browser.eval("shirr.shown()").as_u64();
        assert!(now > before, "{now:?} comes after {before:?}");
        before = now;
    }
    press_button(&mut browser, "find-previous");
    assert!(browser.eval("shirr.shown()").as_u64() < before);
    browser.eval("document.getElementById('query').value = ''; document.getElementById('query').focus()");
    browser.write("reactor/timers.rs");
    press_button(&mut browser, "find-next");
    assert_eq!(browser.eval("events[shirr.shown()].line.startsWith('src/reactor/timers.rs')"), true);
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn steps_pass_over_what_is_filtered_out() {
    let Some((mut browser, _page)) = opened("filter") else { return };
    for group in ["tasks", "wakes", "loop", "sockets", "gathers"] {
        browser.eval(&format!("[...document.querySelectorAll('#filter label')].find(label => label.textContent === '{group}').click()"));
    }
    for _ in 0..40 {
        browser.press("ArrowRight");
        let kind = browser.eval("document.getElementById('kind').textContent");
        assert!(kind.as_str().unwrap().starts_with("Timer"), "{kind}");
    }
    let last = browser.eval("shirr.shown()");
    browser.press("ArrowRight");
    assert_eq!(browser.eval("shirr.shown()"), last, "twenty were added, and all have fired");
}

#[test]
fn a_click_on_a_lane_goes_to_its_nearest_event() {
    let Some((mut browser, _page)) = opened("click") else { return };
    let (x, y) = browser.middle("canvas");
    browser.click((x, y));
    let concerned = browser.eval(
        "(() => {
        const { top } = canvas.getBoundingClientRect();
        const lane = laneAtY(Math.round(document.getElementById('lanes').clientHeight / 2));
        return lane.marks.includes(shirr.shown());
    })()",
    );
    assert_eq!(concerned, true);
    assert_ne!(browser.eval("shirr.shown()"), 0);
}

#[test]
fn every_part_has_a_name_for_a_screen_reader() {
    let Some((mut browser, _page)) = opened("names") else { return };
    browser.eval("shirr.go(100)");
    browser.call("Accessibility.enable", &json!({}));
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let named = ["button", "checkbox", "slider", "searchbox", "image", "table", "columnheader", "rowheader"];
    let mut met = std::collections::BTreeSet::new();
    for node in tree["nodes"].as_array().unwrap() {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let name = node["name"]["value"].as_str().unwrap_or_default();
        if node["ignored"] == Value::Bool(false) && named.contains(&role) {
            assert!(!name.is_empty(), "{node}");
            met.insert(role.to_owned());
        }
    }
    assert_eq!(met.len(), named.len(), "{met:?}");
    let live =
        browser.eval("document.getElementById('sentence').closest('[aria-live]').getAttribute('aria-live')");
    assert_eq!(live, "polite");
}
