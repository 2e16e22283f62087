//! A body that can be ended from outside, also while it is not polled.

use crate::Failure;
use hyper::body::{Body, Frame, SizeHint};
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A body until it is ended: then the body inside is dropped, and the next frame is an error.
///
/// A time that is counted in `poll_frame` would not do for an answer: hyper asks for a frame only
/// when those before are written, and a client that reads slowly can put that off for hours.
#[derive(Debug)]
pub struct BodyUntil<B>(Rc<RefCell<Option<B>>>);

impl<B> BodyUntil<B> {
    /// For a body that somebody else may end.
    pub fn new(body: B) -> Self {
        Self(Rc::new(RefCell::new(Some(body))))
    }

    /// What ends it; it does nothing once the body is dropped, and does not keep it.
    pub fn end(&self) -> impl FnOnce() + use<B> {
        let body = Rc::downgrade(&self.0);
        move || drop(body.upgrade().and_then(|body| body.take()))
    }
}

impl<B: Body<Error: Into<Failure>> + Unpin> Body for BodyUntil<B> {
    type Data = B::Data;
    type Error = Failure;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Failure>>> {
        match &mut *self.0.borrow_mut() {
            Some(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            None => Poll::Ready(Some(Err("the body was ended before all of it was taken".into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.borrow().as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}
