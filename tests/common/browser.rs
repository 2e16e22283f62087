//! Chromium without a window, driven through two pipes by its own protocol, and what every
//! page of a recording is held to.

// More than one test binary compiles this file, and uses its own part of it.
#![allow(dead_code)]

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, fs, process, thread};

/// After how long a browser that says nothing counts as hanging.
const TOO_LONG: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// What the page's errors and requests were so far.
    pub(crate) errors: Vec<String>,
    pub(crate) requests: Vec<String>,
    loaded: usize,
    session: Option<String>,
    sent: u64,
    profile: PathBuf,
}

impl Browser {
    /// Starts one; `None`, after a line that says so, if there is none here.
    ///
    /// # Panics
    /// When there is none, and `SHIRR_COUNTERPARTS` is `required`.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let program = env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
        let there =
            Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            let required = env::var("SHIRR_COUNTERPARTS").is_ok_and(|value| value == "required");
            assert!(!required, "{program} is required, and is not there");
            println!("skipped, since {program} is not there: {name}");
            return None;
        }
        let mut browser = Self::spawn(&program, name);
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = browser
            .call("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// The shell gives the browser its pipes, as descriptors 3 and 4.
    fn spawn(program: &str, name: &str) -> Self {
        let profile = env::temp_dir().join(format!("shirr-{name}-{}", process::id()));
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1"#, program])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"])
            .args(["--remote-debugging-pipe", &format!("--user-data-dir={}", profile.display())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let input = child.stdin.take().expect("it is piped");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let sent = serde_json::from_slice(&message).map(|value| sender.send(value));
                if !sent.is_ok_and(|sent| sent.is_ok()) {
                    break;
                }
                message.clear();
            }
        });
        let (errors, requests) = (Vec::new(), Vec::new());
        Self { child, input, messages, errors, requests, loaded: 0, session: None, sent: 0, profile }
    }

    /// Sends a command, and returns the answer to it.
    ///
    /// # Panics
    /// When the browser refuses, or does not answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).expect("the browser listens");
        loop {
            let mut answer = self.receive();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method} with {params}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// The next message; if the browser has seen something, it is noted.
    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(TOO_LONG).expect("the browser speaks");
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Page.loadEventFired") => self.loaded += 1,
            Some("Runtime.exceptionThrown") => self.errors.push(params["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled") => self.errors.push(params["args"].to_string()),
            Some("Log.entryAdded") => self.errors.push(params["entry"].to_string()),
            Some("Network.requestWillBeSent") => {
                self.requests.push(params["request"]["url"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
        message
    }

    /// Opens a file, and waits until it is there with all that it runs at first.
    pub(crate) fn open(&mut self, file: &Path) {
        let before = self.loaded;
        self.call("Page.navigate", &json!({ "url": url(file) }));
        while self.loaded == before {
            self.receive();
        }
    }

    /// Does what has the page read anew, and waits until it is there again.
    pub(crate) fn reload_by(&mut self, act: impl FnOnce(&mut Self)) {
        let before = self.loaded;
        act(self);
        while self.loaded == before {
            self.receive();
        }
    }

    /// What a script's expression is, in JSON.
    ///
    /// # Panics
    /// When it throws.
    pub(crate) fn eval(&mut self, script: &str) -> Value {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].take()
    }

    /// Presses a key, and lets it go.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key }));
        }
    }

    /// Presses Enter as a keyboard does, which clicks the button that has the focus.
    pub(crate) fn enter(&mut self) {
        let key = json!({ "type": "keyDown", "key": "Enter", "text": "\r", "windowsVirtualKeyCode": 13 });
        self.call("Input.dispatchKeyEvent", &key);
        self.call("Input.dispatchKeyEvent", &json!({ "type": "keyUp", "key": "Enter" }));
    }

    /// Writes into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// What the mouse does at this point: presses a button, moves with it, lets it go.
    pub(crate) fn mouse(&mut self, kind: &str, (x, y): (f64, f64)) {
        let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", &params);
    }

    /// Turns the wheel at this point; away from oneself if `by` is less than zero.
    pub(crate) fn wheel(&mut self, (x, y): (f64, f64), by: f64) {
        let params = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by });
        self.call("Input.dispatchMouseEvent", &params);
    }

    pub(crate) fn click(&mut self, at: (f64, f64)) {
        self.mouse("mousePressed", at);
        self.mouse("mouseReleased", at);
    }

    /// Where the middle of an element is.
    pub(crate) fn middle(&mut self, id: &str) -> (f64, f64) {
        let script = format!(
            "(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])(document.getElementById('{id}').getBoundingClientRect())"
        );
        let at = self.eval(&script);
        (at[0].as_f64().expect("a number"), at[1].as_f64().expect("a number"))
    }

    /// As on a screen so wide and high, in a scheme of colours, "light" or "dark".
    pub(crate) fn set_window(&mut self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
        self.rest();
    }

    /// Waits for two frames; by then everything has been laid out and drawn anew.
    pub(crate) fn rest(&mut self) {
        self.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    }

    /// Takes a picture of what is seen.
    pub(crate) fn picture(&mut self, to: &Path) {
        self.rest();
        let taken = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        let bytes = decoded(taken["data"].as_str().expect("a picture is text"));
        File::create(to).and_then(|mut file| file.write_all(&bytes)).expect("a picture can be written");
    }
}

impl Drop for Browser {
    /// It ends when it is asked to, or its pipe is closed; the profile is removed after it.
    fn drop(&mut self) {
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// A page in a file, which is removed with this.
pub(crate) struct Page(pub(crate) PathBuf);

impl Page {
    pub(crate) fn of(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("shirr-{name}-{}.html", process::id()));
        fs::write(&path, text).expect("a page can be written");
        Self(path)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn url(file: &Path) -> String {
    format!("file://{}", file.display())
}

/// Base64, read.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).unwrap_or(0);
    let mut bytes = Vec::new();
    for four in text.as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, byte| bits << 6 | value(*byte));
        let padding = four.iter().filter(|byte| **byte == b'=').count();
        bytes.extend_from_slice(&(bits as u32).to_be_bytes()[1..4 - padding]);
    }
    bytes
}

/// What a page shows just now: the event, the sentence, and the rows by the program's own numbers.
const SHOWN: &str = "(() => {
  const rows = (id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => Number(row.dataset.number));
  return {
    shown: shirr.shown(),
    sentence: document.getElementById('sentence').textContent,
    ready: [...document.querySelectorAll('#ready li')].map((one) => Number(one.dataset.number)),
    tasks: rows('tasks'), timers: rows('timers'), sources: rows('sources'), gathers: rows('gathers'),
  };
})()";

/// Opens the page at `path` and steps through all of its events with the keys, to the end and
/// back. What the page shows after each step is given to `see`.
///
/// # Panics
/// When the page has an error, asks for anything but itself, or a step leads elsewhere, and
/// when anything is left in a queue or a table at its end.
pub(crate) fn check_page(browser: &mut Browser, path: &Path, mut see: impl FnMut(usize, &Value)) {
    browser.requests.clear();
    browser.open(path);
    let count = browser.eval("shirr.count").as_u64().expect("a number") as usize;
    assert!(count > 0, "an empty recording shows nothing");
    browser.press("Home");
    let backwards = (0..count - 1).rev().map(|index| ("ArrowLeft", index));
    for (key, index) in (1..count).map(|index| ("ArrowRight", index)).chain(backwards) {
        browser.press(key);
        let shown = browser.eval(SHOWN);
        assert_eq!(shown["shown"], index, "{key}");
        let sentence = shown["sentence"].as_str().unwrap_or_default();
        let whole = sentence.ends_with('.') && !sentence.contains("undefined") && !sentence.contains("NaN");
        assert!(whole, "event {index}: {sentence}");
        see(index, &shown);
    }
    browser.press("End");
    let last = browser.eval(SHOWN);
    assert_eq!(last["shown"], count - 1);
    for name in ["ready", "tasks", "timers", "sources", "gathers"] {
        assert_eq!(last[name], json!([]), "{name} at the end of {}", path.display());
    }
    assert_eq!(browser.errors, [""; 0]);
    let others: Vec<_> = browser.requests.iter().filter(|url| !url.starts_with("data:")).collect();
    assert_eq!(others, [&url(path)]);
}
