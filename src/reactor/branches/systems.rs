//! What differs between systems.

use mio::Interest;

/// What the kernel is asked to tell of a socket. Urgent bytes are not read here, but a read
/// ends early where they lie among the others (`Side::short_is_no_proof`).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const NEWS: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const NEWS: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// Where a short transfer proves that the kernel's buffer is drained (or full), so that the
/// next try may be saved: where mio has epoll or kqueue, an edge is certain to follow.
/// Elsewhere mio asks for the next event only after a `WouldBlock`, so there it must be had.
pub(crate) const SHORT_MEANS_DRAINED: bool = cfg!(all(
    not(mio_unsupported_force_poll_poll),
    any(
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "illumos",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "redox",
        target_vendor = "apple",
    ),
));
