//! Servers of PostgreSQL and Redis, each started for one test and ended with it.

use crate::common::{self, Program, wait_until};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};
use tempfile::TempDir;

/// A server with a folder of its own, in which its socket is. A socket's path may not be long,
/// so the folder is the system's for such.
pub(crate) struct Server {
    program: Program,
    folder: TempDir,
}

/// Runs a program of a server's; not as root, which PostgreSQL refuses.
fn command(program: &Path, folder: &TempDir) -> Command {
    const NOBODY: u32 = 65534;
    let mut command = Command::new(program);
    command.current_dir(folder.path()).stdin(Stdio::null());
    if fs::metadata(folder.path()).unwrap().uid() == 0 {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let owner = fs::metadata(folder.path()).unwrap();
    if owner.uid() == NOBODY {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Where a program of PostgreSQL's is. Debian has those of the server out of the way.
fn of_postgres(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    versions.chain(env::split_paths(&path)).map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Server {
    pub(crate) fn postgres() -> Option<Self> {
        let programs = ["initdb", "postgres", "pg_isready"].map(of_postgres);
        let [Some(initdb), Some(postgres), Some(ready)] = programs else {
            common::is_missing("postgres");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let made =
            command(&initdb, &folder).args(["-D", "data", "-U", "me", "-A", "trust", "--no-sync"]).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{made:?}");
        let program = Program::spawn(
            command(&postgres, &folder)
                .args(["-D", "data", "-F", "-c", "listen_addresses=", "-k"])
                .arg(folder.path()),
        );
        wait_until("postgres is not ready", || {
            let asked = Command::new(&ready).arg("-h").arg(folder.path()).stdout(Stdio::null()).status();
            asked.unwrap().success()
        });
        Some(Self { program, folder })
    }

    pub(crate) fn redis() -> Option<Self> {
        if !common::there_is("redis-server") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let args = ["--port", "0", "--unixsocket", "redis.sock", "--save", ""];
        let program = Program::spawn(command(Path::new("redis-server"), &folder).args(args));
        wait_until("redis is not ready", || UnixStream::connect(folder.path().join("redis.sock")).is_ok());
        Some(Self { program, folder })
    }

    /// Its folder, and its socket in there.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn stop(self) {
        self.program.interrupt();
        assert_eq!(self.program.ended().code, Some(0));
    }
}
