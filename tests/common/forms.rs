//! Every form of gather over the same three children, so that one test holds all of them to
//! one promise.

// Every test binary compiles this file and uses its own part of it.
#![allow(dead_code)]

use shirr::{AsCompleted, as_completed, gather, try_gather};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A child of any body.
pub(crate) type Child<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// A gather of any form, its output dropped.
pub(crate) type Whole = Pin<Box<dyn Future<Output = ()>>>;

/// The forms; those with a limit have places that could be used again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    Gather,
    GatherLimited,
    GatherMacro,
    Settled,
    SettledLimited,
    SettledWithin,
    TryGather,
    TryGatherLimited,
    TryGatherMacro,
    AsCompleted,
    AsCompletedLimited,
}

pub(crate) const FORMS: [Form; 11] = [
    Form::Gather,
    Form::GatherLimited,
    Form::GatherMacro,
    Form::Settled,
    Form::SettledLimited,
    Form::SettledWithin,
    Form::TryGather,
    Form::TryGatherLimited,
    Form::TryGatherMacro,
    Form::AsCompleted,
    Form::AsCompletedLimited,
];

impl Form {
    pub(crate) fn of<T: 'static, E: 'static>(self, children: [Child<T, E>; 3]) -> Whole {
        const LONG: Duration = Duration::from_secs(600);
        match self {
            Self::Gather => whole(gather(children)),
            Self::GatherLimited => whole(gather(children).limit(3)),
            Self::Settled => whole(gather(children).settled()),
            Self::SettledLimited => whole(gather(children).settled().limit(3)),
            Self::SettledWithin => whole(gather(children).settled().within(LONG)),
            Self::TryGather => whole(try_gather(children)),
            Self::TryGatherLimited => whole(try_gather(children).limit(3)),
            Self::AsCompleted => whole(drain(as_completed(children))),
            Self::AsCompletedLimited => whole(drain(as_completed(children).limit(3))),
            Self::GatherMacro | Self::TryGatherMacro => self.of_macro(children),
        }
    }

    fn of_macro<T: 'static, E: 'static>(self, [a, b, c]: [Child<T, E>; 3]) -> Whole {
        match self {
            Self::GatherMacro => whole(gather!(a, b, c)),
            _ => whole(try_gather!(a, b, c)),
        }
    }

    /// Whether a panic of a child is a value in its place.
    pub(crate) fn settles(self) -> bool {
        matches!(self, Self::Settled | Self::SettledLimited | Self::SettledWithin)
    }

    /// Whether an error of a child ends the whole.
    pub(crate) fn tries(self) -> bool {
        matches!(self, Self::TryGather | Self::TryGatherLimited | Self::TryGatherMacro)
    }
}

fn whole(form: impl Future + 'static) -> Whole {
    Box::pin(async move { drop(form.await) })
}

async fn drain<I>(mut source: AsCompleted<I>)
where
    I: Iterator<Item: Future<Output: 'static> + 'static>,
{
    while source.next().await.is_some() {}
}
