//! What is in a page, without a browser: all of the recording, and nothing that could harm.

use crate::common::{ends, page};
use crate::everything::everything;
use serde_json::{Map, Value};
use shirr::spawn;
use shirr::trace::{Recorder, Recording};
use std::fs;
use std::path::PathBuf;

fn recorded<F: Future>(program: impl FnOnce() -> F + Send + 'static) -> Recording {
    ends(|| {
        let recorder = Recorder::new();
        let runtime = shirr::Runtime::builder().record(&recorder).build().unwrap();
        drop(runtime.block_on(program()));
        drop(runtime);
        recorder.recording()
    })
}

#[test]
fn a_page_has_every_event_of_a_program_that_does_everything() {
    let recording = recorded(everything);
    assert!(recording.events.len() > 500 && !recording.threads.is_empty());
    page::assert_says_all(&recording);
}

/// Is woken once, by a thread of this name.
async fn woken_by(thread: &str) {
    let mut asked = false;
    let wait = std::future::poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return std::task::Poll::Ready(());
        }
        let waker = cx.waker().clone();
        std::thread::Builder::new().name(thread.to_owned()).spawn(move || waker.wake()).unwrap();
        std::task::Poll::Pending
    });
    wait.await;
}

#[test]
fn no_text_of_a_program_ends_the_script_that_holds_it() {
    let text = "</script><!--<script>alert(1)</script>{{script}}";
    let recording = recorded(|| woken_by(text));
    assert_eq!(recording.threads, [text]);
    let page = recording.to_html(text);
    assert!(!page.contains("<!--") && !page.contains("alert(1)</script>"));
    assert!(page.contains("<h1>&lt;/script&gt;&lt;!--&lt;script&gt;alert(1)&lt;/script&gt;{{script}}</h1>"));
}

#[test]
fn every_kind_of_event_is_written_read_and_told() {
    let read = |path: &str| fs::read_to_string(format!("src/trace/recording/{path}")).unwrap();
    let what = read("what.rs");
    let (_, kinds) = what.split_once("pub enum What {").unwrap();
    let (kinds, _) = kinds.split_once("\n}").unwrap();
    let upper = |line: &&str| line.starts_with("    ") && line[4..].starts_with(char::is_uppercase);
    let names = kinds.lines().filter(upper).map(|line| line[4..].split([' ', ',']).next().unwrap());
    let (data, scripts) = (read("page/data.rs"), [read("page/data.js"), read("page/words.js")]);
    let reader = fs::read_to_string("tests/common/page.rs").unwrap();
    for name in names {
        assert!(data.contains(&format!("(\"{name}\", vec![")), "{name} is not written");
        assert!(reader.contains(&format!("\"{name}\" => ")), "{name} is not read back by the tests");
        scripts.iter().for_each(|script| assert!(script.contains(&format!("\n  {name}: ")), "{name}"));
    }
}

#[test]
fn every_file_that_says_what_it_does_can_be_shown() {
    let known = fs::read_to_string("src/trace/recording/page/source.rs").unwrap();
    let mut left = vec![PathBuf::from("src")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let inside = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            left.extend(inside.filter(|path| !path.ends_with("src/trace")));
            continue;
        }
        // A hook that only counts wakers makes no event, so there is nothing to show.
        let events = |text: String| text.replace("trace::emit!(waker ", "").contains("trace::emit!(");
        let says = events(fs::read_to_string(&path).unwrap());
        let listed = known.contains(&format!("{:?}", path.strip_prefix("src").unwrap()));
        assert_eq!(says, listed, "{}", path.display());
    }
}

/// A page's part in JSON.
fn tables(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"tables-data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// What is marked of the lines around each hook whose own line has this in it.
fn marked(sources: &Map<String, Value>, hook: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (place, source) in sources {
        let lines: Vec<&str> =
            source[1].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let at = |number: u64| (number - source[0].as_u64().unwrap()) as usize;
        let line = lines[at(place.rsplit(':').next().unwrap().parse().unwrap())];
        let [from, to] = [2, 3].map(|end| at(source[end].as_u64().unwrap()));
        if line.contains(hook) {
            found.push(lines[from..=to].join("\n").trim().to_owned());
        }
    }
    found
}

/// Wakes itself twice in one poll, and after its end.
async fn wakes_in_vain() {
    let mut kept = None;
    let twice = std::future::poll_fn(|cx| match kept.replace(cx.waker().clone()) {
        Some(_) => std::task::Poll::Ready(()),
        None => {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        }
    });
    twice.await;
    let waker = spawn(std::future::poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone()))).await.unwrap();
    waker.wake();
}

/// Breaks if a page marks a hook, a brace or a comment, or another line than the one that acts.
#[test]
fn the_code_that_acts_is_marked_and_not_the_hook_that_tells_of_it() {
    let program = || async {
        wakes_in_vain().await;
        everything().await;
    };
    let tables = tables(&recorded(program).to_html("all"));
    let sources = tables["sources"].as_object().unwrap();
    let all = marked(sources, "trace::emit!(");
    assert!(all.len() == sources.len() && all.len() > 35, "{} of {}", all.len(), sources.len());
    for text in all {
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(|c: char| c.is_alphabetic() || c == '*'), "{text}");
        assert!(!text.contains("trace::"), "{text}");
    }
    let known = [
        ("emit!(Polling {", "let polled = poll(&mut Context::from_waker(&waker));"),
        ("emit!(Polled {", "let polled = poll(&mut Context::from_waker(&waker));"),
        ("Effect::Queued", "queue.keys.push_back(key);"),
        ("Effect::Merged", "match queue.states.get_mut(key.slot()) {"),
        ("Effect::Stale", "match queue.states.get_mut(key.slot()) {"),
        ("emit!(Answered", "match self.poll.borrow_mut().poll(&mut self.events.borrow_mut(), timeout) {"),
        ("emit!(TimerFired", "let waker = self.pending.take(due.slot as usize, no_task);"),
        ("gather_began::<F>(", "let batch = Self::filled(tasks, futures, limit);"),
    ];
    for (hook, code) in known {
        let marked = marked(sources, hook);
        assert!(!marked.is_empty() && marked.iter().all(|text| text == code), "{hook}: {marked:?}");
    }
}
