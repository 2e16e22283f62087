//! Whom an error of `accept` is about.
//!
//! `io::ErrorKind` has names for most of these errors. The others are known by their numbers,
//! which differ between systems. MIPS and SPARC have others than the rest of Linux: there only
//! those that every Unix has are known.
//! An error that is in neither list is the listener's.

use std::io::{self, ErrorKind};

/// What is to be done after an error of `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// One connection is lost: go on with the next.
    Connection,
    /// The process or the system is short of something: rest, then go on.
    Shortage,
    /// It would be the same the next time.
    Listener,
}

impl Blame {
    pub(crate) fn of(error: &io::Error) -> Self {
        let is_among = |kinds: &[ErrorKind], numbers: &[i32]| {
            kinds.contains(&error.kind())
                || error.raw_os_error().is_some_and(|number| numbers.contains(&number))
        };
        // macOS accepts a connection that is gone already, without an address, of which mio says
        // so; the system's own error would have a number.
        let has_no_address = error.kind() == ErrorKind::InvalidInput && error.raw_os_error().is_none();
        if has_no_address {
            Self::Connection
        } else if is_among(&SHORTAGES, NUMBERS.0) {
            Self::Shortage
        } else if is_among(&OF_CONNECTIONS, NUMBERS.1) {
            Self::Connection
        } else {
            Self::Listener
        }
    }
}

/// `StorageFull` is epoll's limit on the sockets that one user may have watched.
const SHORTAGES: [ErrorKind; 2] = [ErrorKind::OutOfMemory, ErrorKind::StorageFull];

/// `PermissionDenied` is `EPERM`, a firewall's rule on Linux; `NotConnected` comes where the
/// system asks a new connection for its addresses when it is gone already.
const OF_CONNECTIONS: [ErrorKind; 8] = [
    ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionReset,
    ErrorKind::NotConnected,
    ErrorKind::TimedOut,
    ErrorKind::HostUnreachable,
    ErrorKind::NetworkUnreachable,
    ErrorKind::NetworkDown,
    ErrorKind::PermissionDenied,
];

/// The numbers of shortages (`ENFILE` and `EMFILE`, the same on every Unix; `ENOBUFS`; `ENOSR`)
/// and of errors of one connection (`EPROTO`).
const NUMBERS: (&[i32], &[i32]) = if cfg!(any(
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64",
    target_arch = "mips64r6",
    target_arch = "sparc",
    target_arch = "sparc64"
)) {
    (&[23, 24], &[])
} else if cfg!(any(target_os = "linux", target_os = "android")) {
    // Of a connection are here ENOPROTOOPT, EHOSTDOWN, ENONET and EOPNOTSUPP, too, and of some
    // kernels EPROTONOSUPPORT and ESOCKTNOSUPPORT.
    (&[23, 24, 105, 63], &[71, 92, 112, 64, 95, 93, 94])
} else if cfg!(target_vendor = "apple") {
    (&[23, 24, 55, 98], &[100])
} else if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) {
    (&[23, 24, 55], &[92])
} else if cfg!(target_os = "netbsd") {
    (&[23, 24, 55, 90], &[96])
} else if cfg!(target_os = "openbsd") {
    (&[23, 24, 55], &[95])
} else if cfg!(any(target_os = "illumos", target_os = "solaris")) {
    (&[23, 24, 132, 63], &[71])
} else if cfg!(windows) {
    // WSAEMFILE, WSAENOBUFS, WSAENETDOWN (a part of the system has failed) and
    // ERROR_NO_SYSTEM_RESOURCES.
    (&[10024, 10055, 10050, 1450], &[])
} else {
    (&[23, 24], &[])
};

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    // A number of another system breaks this.
    #[test]
    fn every_number_is_that_of_the_error_it_is_meant_for() {
        let blame = |number| Blame::of(&io::Error::from_raw_os_error(number));
        for number in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
            assert_eq!(blame(number), Blame::Shortage);
        }
        for number in [libc::EPROTO, libc::ECONNABORTED, libc::ETIMEDOUT, libc::EPERM] {
            assert_eq!(blame(number), Blame::Connection);
        }
        for number in [libc::EBADF, libc::EFAULT, libc::EINVAL, libc::ENOTSOCK] {
            assert_eq!(blame(number), Blame::Listener);
        }
        assert_eq!(Blame::of(&ErrorKind::InvalidInput.into()), Blame::Connection);
        #[cfg(target_os = "linux")]
        for number in [libc::ENOPROTOOPT, libc::EHOSTDOWN, libc::ENONET, libc::EOPNOTSUPP] {
            assert_eq!(blame(number), Blame::Connection);
        }
    }
}
