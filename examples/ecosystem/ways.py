"""What each way to run a crate on shirr adds to a program: crates, build time, size.

    python3 examples/ecosystem/ways.py [--rounds 3]

Each of eight small programs sends a byte to a server and has it back, twice: by a stream of
shirr's as it is, and by one way. All are built for release from nothing, one after another in
every round, with the versions of this workspace's lock file. It prints the crates, the processor
time of cargo and what it starts, and the size of the stripped program, as what comes on top of
the first, which goes as it is both times. README.md has the table.
"""

import argparse, os, pathlib, resource, shutil, statistics, subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "ways"

# A server on a thread of its own, which sends a byte back to each of two clients.
SERVER = """
fn server() -> std::net::SocketAddr {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().take(2) {
            let (mut client, mut byte) = (client.unwrap(), [0]);
            client.read_exact(&mut byte).unwrap();
            client.write_all(&byte).unwrap();
        }
    });
    address
}
fn main() {
    let (address, mut byte) = (server(), [0]);
    shirr::block_on(async {
        let stream = shirr::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(&[7]).await.unwrap();
        stream.read_exact(&mut byte).await.unwrap();
    });
    assert_eq!(byte, [7]);
    byte = [0];
    shirr::block_on(async { BODY });
    assert_eq!(byte, [7]);
}
"""

OWN = "let stream = shirr::net::TcpStream::connect(address).await.unwrap();"
BY_EXT = "stream.write_all(&[7]).await.unwrap(); stream.read_exact(&mut byte).await.unwrap();"
FUTURES_EXT = "use futures_util::io::{AsyncReadExt, AsyncWriteExt};"
TOKIO_EXT = "use tokio::io::{AsyncReadExt, AsyncWriteExt};"

FUTURES_UTIL = 'futures-util = { version = "0.3", default-features = false, features = ["io", "std"] }'
TOKIO_IO = 'tokio = { version = "1", default-features = false, features = ["io-util"] }'
TOKIO_NET = 'tokio = { version = "1", default-features = false, features = ["io-util", "net"] }'
TOKIO_UTIL = 'tokio-util = { version = "0.7", default-features = false, features = ["compat"] }'
HYPER = 'hyper = { version = "1", default-features = false }'

# Name, shirr's features, other dependencies, what the program does.
WAYS = [
    ("as it is", "", [], OWN + BY_EXT),
    ("unblock", "", [], """byte = shirr::unblock(move || {
        use std::io::{Read, Write};
        let (mut stream, mut byte) = (std::net::TcpStream::connect(address).unwrap(), [0]);
        stream.write_all(&[7]).unwrap();
        stream.read_exact(&mut byte).unwrap();
        byte
    }).await.unwrap();"""),
    ("futures", '"futures"', [FUTURES_UTIL],
     FUTURES_EXT + OWN + "let mut stream: Box<dyn Both> = Box::new(stream);" + BY_EXT),
    ("hyper", '"hyper"', [HYPER], "use hyper::rt::{Read, ReadBuf, Write}; use std::{future::poll_fn, pin::Pin};" + OWN + """
        let mut stream = stream;
        poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, &[7])).await.unwrap();
        poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, ReadBuf::new(&mut byte).unfilled())).await.unwrap();"""),
    ("Local", '"futures"', [FUTURES_UTIL, 'send_wrapper = "0.6"'],
     FUTURES_EXT + OWN + "let mut stream = send_wrapper::SendWrapper::new(Box::new(stream) as Box<dyn Both>);" + BY_EXT),
    ("compat() of tokio-util", '"futures"', [TOKIO_IO, TOKIO_UTIL],
     TOKIO_EXT + OWN + "let mut stream = tokio_util::compat::FuturesAsyncReadCompatExt::compat(stream);" + BY_EXT),
    ("async-compat", "", [TOKIO_NET, 'async-compat = "0.2"'], "async_compat::Compat::new(async {" + TOKIO_EXT
     + "let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();" + BY_EXT + "}).await;"),
    ("async-io", "", [FUTURES_UTIL, 'async-io = "2"'], FUTURES_EXT
     + "let mut stream = async_io::Async::<std::net::TcpStream>::connect(address).await.unwrap();" + BY_EXT),
]


def package(number, features, dependencies, body):
    """A package that is a workspace of its own, since it lies in ours."""
    folder = TARGET / f"way{number}"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    both = "\ntrait Both: futures_util::io::AsyncRead + futures_util::io::AsyncWrite + Unpin {}\n" \
        "impl<T: futures_util::io::AsyncRead + futures_util::io::AsyncWrite + Unpin> Both for T {}\n"
    (folder / "src/main.rs").write_text(SERVER.replace("BODY", body) + (both if "Both" in body else ""))
    shirr = f'shirr = {{ path = "{ROOT}", features = [{features}] }}'
    head = f'[package]\nname = "way{number}"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n'
    tail = "[profile.release]\nstrip = true\n"
    (folder / "Cargo.toml").write_text("\n".join([head, "[dependencies]", shirr, *dependencies, tail]))
    shutil.copy(ROOT / "Cargo.lock", folder)
    return folder


def build(folder):
    """Builds from nothing and runs it: seconds of processor time, bytes."""
    shutil.rmtree(TARGET / "target", ignore_errors=True)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "target"), "CARGO_INCREMENTAL": "0"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["cargo", "build", "--offline", "--quiet", "--release"], cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = TARGET / "target/release" / folder.name
    subprocess.run([program], check=True)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, program.stat().st_size


def crates(folder):
    tree = ["cargo", "tree", "--offline", "--quiet", "--edges", "normal,build", "--prefix", "none"]
    lines = subprocess.run(tree, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
    return len({line.split(" (")[0] for line in lines}) - 2  # without shirr and the program


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    folders = [package(number, *way[1:]) for number, way in enumerate(WAYS)]
    seconds, sizes = [[] for _ in WAYS], [0] * len(WAYS)
    for _ in range(rounds):
        for number, folder in enumerate(folders):
            cpu, sizes[number] = build(folder)
            seconds[number].append(cpu)
    alone, number_alone = crates(folders[0]), statistics.median(seconds[0])
    print(f"as it is: {alone} crates, {number_alone:.1f} s, {sizes[0] / 1024:.0f} KiB; on top of that")
    for number, way in enumerate(WAYS[1:], 1):
        more = statistics.median(own - base for own, base in zip(seconds[number], seconds[0]))
        print(f"{way[0]}: {crates(folders[number]) - alone} crates, {more:.1f} s, {(sizes[number] - sizes[0]) / 1024:.0f} KiB")


main()
