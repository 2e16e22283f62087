//! A connection of hyper's that ends well when the program is to end.

use crate::{CtrlC, Failure};
use futures_util::future::{Either, select};
use hyper::body::{Body, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1::Connection;
use hyper::service::HttpService;
use std::pin::pin;

/// Serves a client until it leaves. On Ctrl-C the request in flight, if there is one, is
/// finished and is the last.
///
/// # Errors
/// hyper's: the client broke off, sent what is no HTTP, or took too long.
pub async fn serve_until_ctrl_c<I, B, S>(connection: Connection<I, S>, stop: CtrlC) -> hyper::Result<()>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Failure>,
    I: Read + Write + Unpin,
    B: Body<Error: Into<Failure>> + 'static,
{
    let mut connection = pin!(connection);
    match select(connection.as_mut(), pin!(stop.pressed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}
