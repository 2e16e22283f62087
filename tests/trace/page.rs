//! The page of a recording, looked at in a browser that is driven by the test.

use crate::browser::{Browser, Page, check_page};
use crate::states::compare_states;
use serde_json::{Value, json};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::trace::{Recorder, Recording};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

const MS: Duration = Duration::from_millis(1);

fn recorded<F: Future>(recorder: &Recorder, future: F) -> F::Output {
    let runtime = shirr::Runtime::builder().record(recorder).build().unwrap();
    runtime.block_on(future)
}

/// Something of every layer.
async fn everything() {
    let echo = shirr::spawn(echo());
    let limited = timeout(MS, std::future::pending::<()>());
    assert!(limited.await.is_err());
    let fails = |n: u64| async move {
        sleep(n as u32 * MS).await;
        if n == 2 { Err("two") } else { Ok(n) }
    };
    assert!(shirr::try_gather((0..5).map(fails)).await.is_err());
    let squares = shirr::gather((0..12u64).map(|n| async move {
        shirr::yield_now().await;
        n * n
    }));
    assert_eq!(squares.await.len(), 12);
    let mut handed_over = shirr::as_completed([1, 9].map(|n| sleep(n * MS)));
    handed_over.next().await;
    shirr::spawn(async move { handed_over.next().await }).await.unwrap();
    let endless = shirr::spawn(std::future::pending::<()>());
    shirr::yield_now().await;
    endless.abort();
    assert!(endless.await.is_err());
    assert_eq!(shirr::unblock(|| 7).await.unwrap(), 7);
    assert!(shirr::spawn(async { panic!("</script><!-- on purpose") }).await.is_err());
    echo.await.unwrap();
}

async fn echo() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = shirr::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.unwrap();
        sleep(MS).await;
        stream.write_all(&bytes).await.unwrap();
    });
    let stream = TcpStream::connect(address).await.unwrap();
    sleep(MS).await;
    stream.write_all(b"ping").await.unwrap();
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await.unwrap();
    server.await.unwrap();
}

fn numbers<K: Copy + Into<Value>>(keys: impl Iterator<Item = K>) -> Value {
    keys.map(Into::into).collect()
}

#[test]
fn stepping_shows_every_state_as_it_was() {
    let Some(mut browser) = Browser::start("page") else { return };
    let recorder = Recorder::new();
    recorded(&recorder, everything());
    let recording = recorder.recording();
    let page = Page::of("everything", &recording.to_html("everything"));
    let mut states = vec![recording.base.clone()];
    for event in &recording.events {
        let mut next = states[states.len() - 1].clone();
        next.apply(event);
        states.push(next);
    }
    check_page(&mut browser, &page.0, |index, shown| {
        let state = &states[index + 1];
        assert_eq!(shown["ready"], json!(state.ready), "after event {index}");
        assert_eq!(shown["tasks"], numbers(state.tasks.keys().copied()), "after event {index}");
        assert_eq!(shown["timers"], numbers(state.timers.keys().copied()), "after event {index}");
        assert_eq!(shown["sources"], numbers(state.sources.keys().copied()), "after event {index}");
        assert_eq!(shown["gathers"], numbers(state.gathers.keys().copied()), "after event {index}");
    });
    compare_states(&mut browser, &recording, 1);
    if let Some(to) = env::var_os("SHIRR_PICTURES") {
        pictures(&mut browser, Path::new(&to), recording.events.len() / 3);
    }
}

/// Pictures of the page at both widths and in both schemes, for a person to see.
fn pictures(browser: &mut Browser, to: &Path, event: usize) {
    fs::create_dir_all(to).unwrap();
    browser.eval(&format!("shirr.go({event})"));
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")] {
        browser.set_window(width, 800, scheme);
        browser.picture(&to.join(format!("{width}-{scheme}.png")));
    }
}

#[test]
fn a_recording_that_has_lost_its_beginning_is_shown_from_where_it_is() {
    let Some(mut browser) = Browser::start("lost") else { return };
    let recorder = Recorder::with_capacity(150);
    recorded(&recorder, everything());
    let recording = recorder.recording();
    assert!(recording.lost > 0 && !recording.base.tasks.is_empty());
    let page = Page::of("lost", &recording.to_html("lost"));
    check_page(&mut browser, &page.0, |_, _| {});
    compare_states(&mut browser, &recording, 1);
    let said = browser.eval("document.getElementById('lost').innerText");
    assert!(said.as_str().unwrap().starts_with(&format!("{} event", recording.lost)), "{said}");
}

#[test]
fn what_is_rare_is_told_too() {
    let Some(mut browser) = Browser::start("rare") else { return };
    let recorder = Recorder::new();
    let runtime = shirr::Runtime::builder().paused().record(&recorder).build().unwrap();
    runtime.block_on(async {
        let mut moved = std::pin::pin!(sleep(MS));
        let mut foreign = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(moved.as_mut().poll(&mut foreign).is_pending());
        moved.as_mut().reset(Instant::now() + 2 * MS);
        let forgotten = shirr::spawn(std::future::pending::<()>());
        sleep(9 * MS).await;
        drop(forgotten);
    });
    drop(runtime);
    let recording = recorder.recording();
    for kind in ["ClockMoved", "TimerReset", "CallingForeign", "Cancelled", "ShutDown"] {
        let met = recording.events.iter().any(|event| format!("{:?}", event.what).starts_with(kind));
        assert!(met, "{kind}");
    }
    let page = Page::of("rare", &recording.to_html("rare"));
    check_page(&mut browser, &page.0, |_, _| {});
    compare_states(&mut browser, &recording, 1);
}

/// What the page says of each timer that is added.
fn said_of_timers(browser: &mut Browser, recording: &Recording) -> Vec<String> {
    let page = Page::of("timers", &recording.to_html("timers"));
    browser.open(&page.0);
    let said =
        browser.eval("events.flatMap((event, at) => (event.kind === 'TimerAdded' ? [sentence(at)] : []))");
    said.as_array().unwrap().iter().map(|said| said.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_timer_is_due_by_the_clock_of_its_runtime() {
    let Some(mut browser) = Browser::start("clock") else { return };
    for capacity in [1_000, 12] {
        let recorder = Recorder::with_capacity(capacity);
        let runtime = shirr::Runtime::builder().paused().record(&recorder).build().unwrap();
        runtime.block_on(async {
            sleep(3_600_000 * MS).await;
            sleep(9 * MS).await;
        });
        let said = said_of_timers(&mut browser, &recorder.recording());
        assert!(said.last().is_some_and(|said| said.ends_with("due in 9 ms.")), "{said:?}");
    }
}

#[test]
fn a_function_goes_by_its_own_name() {
    let Some(mut browser) = Browser::start("names") else { return };
    let page = Page::of("names", &Recorder::new().recording().to_html("names"));
    browser.open(&page.0);
    let names = [
        ("app::fetch::{{closure}}", "fetch"),
        ("app::timed<alloc::string::String, app::fetch::{{closure}}>::{{closure}}", "timed"),
        ("app::Web<alloc::vec::Vec<i32>>::fetch::{{closure}}", "fetch"),
        ("<app::Web as app::Serve>::get::{{closure}}", "get"),
        ("app::call<fn(i32) -> app::Reply<u8>>", "call"),
        ("core::pin::Pin<alloc::boxed::Box<dyn core::future::Future<Output = ()>>>", "Pin"),
    ];
    for (name, short) in names {
        assert_eq!(browser.eval(&format!("short({name:?})")), short);
    }
}

#[test]
fn a_hundred_thousand_events_are_stepped_through() {
    let Some(mut browser) = Browser::start("many") else { return };
    let recorder = Recorder::with_capacity(100_000);
    recorded(&recorder, async {
        let busy = |n: u32| async move {
            for turn in 0..8 {
                sleep((n + turn) % 7 * MS / 10).await;
                shirr::yield_now().await;
            }
        };
        shirr::gather((0..1_600).map(busy)).await;
    });
    let recording = recorder.recording();
    assert_eq!(recording.events.len(), 100_000);
    let page = Page::of("many", &recording.to_html("many"));
    let before = Instant::now();
    browser.open(&page.0);
    println!("100,000 events: the page is open after {:?}", before.elapsed());
    compare_states(&mut browser, &recording, 9_973);
    println!("milliseconds a step: {}", browser.eval(COSTS));
    assert_eq!(browser.errors, [""; 0]);
}

/// The mean of steps forwards and back from the middle of a page, with tables and drawing, and
/// of jumps to anywhere.
const COSTS: &str = "(() => {
  const middle = Math.floor(shirr.count / 2);
  const mean = (to) => {
    const before = performance.now();
    for (let at = 0; at < 20; at += 1) {
      shirr.go(to(at));
      draw();
    }
    return Number(((performance.now() - before) / 20).toFixed(2));
  };
  shirr.go(middle);
  return {
    forwards: mean((at) => middle + at),
    back: mean((at) => middle + 20 - at),
    jump: mean((at) => (at * 7919) % shirr.count),
  };
})()";
