//! Answers in memory: which may be kept, for how long, and which goes when there is no room.
//!
//! On the careful side of RFC 9111: what says nothing of its time is not kept, and neither is
//! what varies by the request's headers.

use crate::Content;
use crate::answer::whole;
use hyper::body::Bytes;
use hyper::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH, SET_COOKIE, VARY};
use hyper::{Response, StatusCode};
use lru::LruCache;
use shirr::time::now;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long an answer is fresh, and how long it may be given if the upstream fails.
type Times = [Duration; 2];

/// An answer in memory.
pub(crate) struct Kept {
    answer: Response<Bytes>,
    times: Times,
    came: Instant,
}

impl Kept {
    /// Whether an answer may be kept, by its head.
    pub(crate) fn times<B>(response: &Response<B>, stale: Duration) -> Option<Times> {
        let headers = response.headers();
        let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        let words: Vec<_> =
            values.flat_map(|value| value.split(',')).map(|word| word.trim().to_lowercase()).collect();
        let has = |name: &str| words.iter().any(|word| word.split('=').next() == Some(name));
        let number = |name: &str| -> Option<u64> {
            let value = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
            value.parse::<u32>().ok().map(u64::from)
        };
        let refused = ["no-store", "no-cache", "private"].into_iter().any(has);
        let personal = headers.contains_key(VARY) || headers.contains_key(SET_COOKIE);
        let strict = ["must-revalidate", "proxy-revalidate", "s-maxage"].into_iter().any(has);
        let old = headers.contains_key(AGE); // kept already, by a cache nearer to the server
        let fresh = Duration::from_secs(number("s-maxage").or_else(|| number("max-age"))?);
        let good = response.status() == StatusCode::OK && !(refused || personal || old || fresh.is_zero());
        good.then_some([fresh, if strict { fresh } else { fresh + stale }])
    }

    pub(crate) fn new(answer: Response<Bytes>, times: Times) -> Self {
        Self { answer, times, came: now() }
    }

    fn age(&self) -> Duration {
        now() - self.came
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.age() < self.times[0]
    }

    /// Whether it may be given when the upstream fails.
    pub(crate) fn helps_out(&self) -> bool {
        self.age() < self.times[1]
    }

    /// A copy to send. Its bytes are not copied.
    pub(crate) fn answer(&self) -> Response<Content> {
        let mut answer = self.answer.clone();
        answer.headers_mut().insert(AGE, self.age().as_secs().into());
        answer.headers_mut().remove(CONTENT_LENGTH); // hyper knows it
        answer.map(whole)
    }

    /// About what it takes in memory.
    fn size(&self, key: &str) -> usize {
        let headers = self.answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
        size_of::<Self>() + key.len() + headers.sum::<usize>() + self.answer.body().len()
    }
}

/// Answers by path, up to so many bytes. Those not used for longest go first.
pub(crate) struct Cache {
    answers: LruCache<Rc<str>, Rc<Kept>>,
    bytes: usize,
    room: usize,
}

impl Cache {
    pub(crate) fn new(room: usize) -> Self {
        Self { answers: LruCache::unbounded(), bytes: 0, room }
    }

    pub(crate) fn get(&mut self, key: &Rc<str>) -> Option<Rc<Kept>> {
        self.answers.get(key).cloned()
    }

    pub(crate) fn put(&mut self, key: Rc<str>, kept: Rc<Kept>) {
        self.bytes += kept.size(&key);
        let before = self.answers.put(Rc::clone(&key), kept);
        self.bytes -= before.map_or(0, |before| before.size(&key));
        while self.bytes > self.room {
            let Some((key, oldest)) = self.answers.pop_lru() else { break };
            self.bytes -= oldest.size(&key);
        }
    }

    pub(crate) fn metrics(&self) -> [(&'static str, usize); 2] {
        [("cache_answers", self.answers.len()), ("cache_bytes", self.bytes)]
    }
}
