//! Every form of gather over the same children, so that one test holds all of them to one
//! promise.

// Every test binary compiles this file and uses its own part of it.
#![allow(dead_code)]

use crate::common::{Guard, TOO_LONG, registered, run, turns};
use shirr::{JoinError, as_completed, gather, try_gather};
use std::fmt::Debug;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(600);

/// What a source gives, all together in input order. A macro, since its rule has no public name.
macro_rules! completed {
    ($source:expr, $given:expr) => {{
        let (mut source, mut outputs) = ($source, Vec::new());
        Box::pin(poll_fn(move |cx| {
            while let Some(output) = std::task::ready!(pin!(source.next()).poll(cx)) {
                outputs.push(output);
            }
            outputs.sort_by_key(|(position, _)| *position);
            Poll::Ready($given(outputs.drain(..).map(|(_, output)| output).collect()))
        }))
    }};
}

/// A child of any body.
pub(crate) type Child<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// A gather of any form. It stays until this is dropped, also when it has given its output.
pub(crate) type Whole<G = ()> = Pin<Box<dyn Future<Output = G>>>;

/// The forms, each with a limit and without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    Gather,
    GatherLimited,
    GatherMacro,
    GatherMacroLimited,
    Settled,
    SettledLimited,
    Within,
    WithinLimited,
    TryGather,
    TryGatherLimited,
    TryGatherMacro,
    TryGatherMacroLimited,
    AsCompleted,
    AsCompletedLimited,
    MacroSettled,
    MacroSettledLimited,
    MacroWithin,
    MacroWithinLimited,
    AsCompletedSettled,
    AsCompletedSettledLimited,
}

/// Each form, and what users call and name for it; `tests/documents/public_api.rs` compares these names
/// with those that the crate exports.
pub(crate) const FORMS: [(Form, &[&str]); 20] = [
    (Form::Gather, &["gather", "Gather"]),
    (Form::GatherLimited, &["Gather::limit"]),
    (Form::GatherMacro, &["gather!", "GatherTuple"]),
    (Form::GatherMacroLimited, &["GatherTuple::limit"]),
    (Form::Settled, &["Gather::settled", "Settled"]),
    (Form::SettledLimited, &["Gather::limit"]),
    (Form::Within, &["Gather::within", "Within"]),
    (Form::WithinLimited, &["Within::limit"]),
    (Form::TryGather, &["try_gather", "TryGather"]),
    (Form::TryGatherLimited, &["Gather::limit"]),
    (Form::TryGatherMacro, &["try_gather!", "TryGatherTuple"]),
    (Form::TryGatherMacroLimited, &["GatherTuple::limit"]),
    (Form::AsCompleted, &["as_completed", "AsCompleted"]),
    (Form::AsCompletedLimited, &["AsCompleted::limit"]),
    (Form::MacroSettled, &["GatherTuple::settled"]),
    (Form::MacroSettledLimited, &["GatherTuple::limit"]),
    (Form::MacroWithin, &["GatherTuple::within"]),
    (Form::MacroWithinLimited, &["GatherTuple::limit"]),
    (Form::AsCompletedSettled, &["AsCompleted::settled", "AsCompletedSettled"]),
    (Form::AsCompletedSettledLimited, &["AsCompleted::limit"]),
];

/// What a whole gives: a result for each child, in input order, or the error that ended it.
pub(crate) enum Given<T, E> {
    Each(Vec<Result<Result<T, E>, JoinError>>),
    Error(E),
}

impl<T: Debug, E: Debug> Given<T, E> {
    /// Each result as a word, or `the error` alone.
    pub(crate) fn words(&self) -> Vec<String> {
        let word = |result: &Result<Result<T, E>, JoinError>| match result {
            Ok(Ok(value)) => format!("{value:?}"),
            Ok(Err(error)) => format!("err {error:?}"),
            Err(error) => error.to_string(),
        };
        match self {
            Self::Each(results) => results.iter().map(word).collect(),
            Self::Error(error) => vec![format!("the error {error:?}")],
        }
    }
}

impl Form {
    /// Three children, which may all run at once.
    pub(crate) fn gives<T: 'static, E: 'static>(self, children: [Child<T, E>; 3]) -> Whole<Given<T, E>> {
        self.over(children.into_iter(), 3)
    }

    /// The same, and what it gives is dropped.
    pub(crate) fn of<T: 'static, E: 'static>(self, children: [Child<T, E>; 3]) -> Whole {
        let mut whole = self.gives(children);
        Box::pin(poll_fn(move |cx| whole.as_mut().poll(cx).map(drop)))
    }

    /// As many children as there are; the macros take the first three. `limit` is for the forms
    /// that have one.
    pub(crate) fn over<T: 'static, E: 'static>(
        self,
        children: impl Iterator<Item = Child<T, E>> + 'static,
        limit: usize,
    ) -> Whole<Given<T, E>> {
        match self {
            Self::Gather => whole(gather(children), each),
            Self::GatherLimited => whole(gather(children).limit(limit), each),
            Self::Settled => whole(gather(children).settled(), Given::Each),
            Self::SettledLimited => whole(gather(children).settled().limit(limit), Given::Each),
            Self::Within => whole(gather(children).settled().within(LONG), Given::Each),
            Self::WithinLimited => whole(gather(children).settled().within(LONG).limit(limit), Given::Each),
            Self::TryGather => whole(try_gather(children), tried),
            Self::TryGatherLimited => whole(try_gather(children).limit(limit), tried),
            Self::AsCompleted => completed!(as_completed(children), each),
            Self::AsCompletedLimited => completed!(as_completed(children).limit(limit), each),
            Self::AsCompletedSettled => completed!(as_completed(children).settled(), Given::Each),
            Self::AsCompletedSettledLimited => {
                completed!(as_completed(children).settled().limit(limit), Given::Each)
            }
            _ => self.of_macro(children, limit),
        }
    }

    fn of_macro<T: 'static, E: 'static>(
        self,
        mut children: impl Iterator<Item = Child<T, E>>,
        limit: usize,
    ) -> Whole<Given<T, E>> {
        let [a, b, c] = [(); 3].map(|()| children.next().expect("a macro is over three children"));
        match self {
            Self::GatherMacro => whole(gather!(a, b, c), |(a, b, c)| each(vec![a, b, c])),
            Self::GatherMacroLimited => whole(gather!(a, b, c).limit(limit), |(a, b, c)| each(vec![a, b, c])),
            Self::MacroSettled => whole(gather!(a, b, c).settled(), settled),
            Self::MacroSettledLimited => whole(gather!(a, b, c).settled().limit(limit), settled),
            Self::MacroWithin => whole(gather!(a, b, c).settled().within(LONG), settled),
            Self::MacroWithinLimited => whole(gather!(a, b, c).settled().within(LONG).limit(limit), settled),
            Self::TryGatherMacro => {
                whole(try_gather!(a, b, c), |all| tried(all.map(|(a, b, c)| vec![a, b, c])))
            }
            _ => whole(try_gather!(a, b, c).limit(limit), |all| tried(all.map(|(a, b, c)| vec![a, b, c]))),
        }
    }

    pub(crate) fn is_macro(self) -> bool {
        use Form::*;
        let settles = matches!(self, MacroSettled | MacroSettledLimited | MacroWithin | MacroWithinLimited);
        settles || matches!(self, GatherMacro | GatherMacroLimited | TryGatherMacro | TryGatherMacroLimited)
    }

    pub(crate) fn is_limited(self) -> bool {
        use Form::*;
        let with_iterator = matches!(self, GatherLimited | SettledLimited | WithinLimited | TryGatherLimited);
        let settled = matches!(self, MacroSettledLimited | MacroWithinLimited | AsCompletedSettledLimited);
        with_iterator
            || settled
            || matches!(self, GatherMacroLimited | TryGatherMacroLimited | AsCompletedLimited)
    }

    /// Whether a panic of a child is a value at its position.
    pub(crate) fn settles(self) -> bool {
        use Form::*;
        let macros = matches!(self, MacroSettled | MacroSettledLimited | MacroWithin | MacroWithinLimited);
        let source = matches!(self, AsCompletedSettled | AsCompletedSettledLimited);
        macros || source || matches!(self, Settled | SettledLimited | Within | WithinLimited)
    }

    /// Whether an error of a child ends the whole.
    pub(crate) fn tries(self) -> bool {
        use Form::*;
        matches!(self, TryGather | TryGatherLimited | TryGatherMacro | TryGatherMacroLimited)
    }

    /// Whether outputs are given one by one.
    pub(crate) fn is_source(self) -> bool {
        use Form::*;
        matches!(self, AsCompleted | AsCompletedLimited | AsCompletedSettled | AsCompletedSettledLimited)
    }
}

/// Never ends; the guard says when it is dropped.
pub(crate) fn waits<T: 'static, E: 'static>(guard: Guard) -> Child<T, E> {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Ends after some turns, and drops what it holds.
pub(crate) fn ends_after<E: 'static>(n: usize, held: impl Sized + 'static) -> Child<(), E> {
    Box::pin(async move {
        let _held = held;
        turns(n).await;
        Ok(())
    })
}

pub(crate) fn fails<T: 'static, E: 'static>(after: usize, error: E) -> Child<T, E> {
    Box::pin(async move {
        turns(after).await;
        Err(error)
    })
}

pub(crate) fn panics<T: 'static, E: 'static>(after: usize, text: &'static str) -> Child<T, E> {
    Box::pin(async move {
        turns(after).await;
        panic!("{text}")
    })
}

/// Runs `body` for every form, each in a runtime of its own that must run on after it with
/// nothing left over, and names the forms that fail.
pub(crate) fn for_every_form(body: impl AsyncFn(Form) + Copy + Send + 'static) {
    for_forms(|_| true, body);
}

/// The same for some forms.
pub(crate) fn for_forms(which: fn(Form) -> bool, body: impl AsyncFn(Form) + Copy + Send + 'static) {
    let holds = |form| {
        let body = move || async move {
            body(form).await;
            turns(3).await;
            assert_eq!(gather([ready(1), ready(2)]).await, [1, 2], "the runtime runs on");
            assert_eq!((shirr::metrics().tasks, registered()), (1, (0, 0)), "nothing is left");
        };
        catch_unwind(AssertUnwindSafe(|| run(body))).is_ok()
    };
    let (start, mut failed) = (Instant::now(), Vec::new());
    let forms: Vec<Form> = FORMS.into_iter().map(|(form, _)| form).filter(|form| which(*form)).collect();
    assert!(!forms.is_empty());
    for form in forms {
        if !holds(form) {
            failed.push(form);
            // What hangs in one form would take a minute in each.
            assert!(start.elapsed() < TOO_LONG, "failed: {failed:?}; no further form was tried");
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}

fn each<T, E>(results: Vec<Result<T, E>>) -> Given<T, E> {
    Given::Each(results.into_iter().map(Ok).collect())
}

fn tried<T, E>(all: Result<Vec<T>, E>) -> Given<T, E> {
    all.map_or_else(Given::Error, |values| each(values.into_iter().map(Ok).collect()))
}

fn whole<F: Future + Unpin + 'static, G: 'static>(
    mut form: F,
    mut given: impl FnMut(F::Output) -> G + 'static,
) -> Whole<G> {
    Box::pin(poll_fn(move |cx| Pin::new(&mut form).poll(cx).map(&mut given)))
}

type Slot<T, E> = Result<Result<T, E>, JoinError>;

fn settled<T, E>((a, b, c): (Slot<T, E>, Slot<T, E>, Slot<T, E>)) -> Given<T, E> {
    Given::Each(vec![a, b, c])
}
