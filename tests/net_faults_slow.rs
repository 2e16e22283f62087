//! A reader that is slower than its writer: the writer is held back, and neither the kernel
//! nor the process piles up what has not been read.

mod common;
mod heap;

use common::{registered, run};
use heap::{counts, reset};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::sleep;
use shirr::{spawn, yield_now};
use socket2::SockRef;
use std::cell::Cell;
use std::net;
use std::rc::Rc;
use std::time::Duration;

const ALL: usize = 64 << 20;

/// The writer's piece, and the reader's.
const PIECE: usize = 64 << 10;

/// Asked of the kernel for each end; it takes twice that, to have room for its own notes.
const KERNEL_BUFFER: usize = 128 << 10;

/// What may be on the way: both ends' buffers, and what the kernel may round them up to.
const ON_THE_WAY: usize = 8 * KERNEL_BUFFER;

/// What the process may hold at most beyond what it held before the first byte.
const HELD: isize = 512 << 10;

/// Bytes that differ from position to position.
fn fill(piece: &mut [u8], number: usize) {
    for (at, word) in piece.chunks_exact_mut(8).enumerate() {
        let name = (number * PIECE + at) as u64;
        word.copy_from_slice(&name.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    }
}

/// Both ends, with small buffers in the kernel.
async fn ends_of_a_narrow_connection() -> (TcpStream, TcpStream) {
    let socket = net::TcpListener::bind("127.0.0.1:0").unwrap();
    SockRef::from(&socket).set_recv_buffer_size(KERNEL_BUFFER).unwrap(); // inherited
    let writer = net::TcpStream::connect(socket.local_addr().unwrap()).unwrap();
    SockRef::from(&writer).set_send_buffer_size(KERNEL_BUFFER).unwrap();
    let (reader, _) = TcpListener::from_std(socket).unwrap().accept().await.unwrap();
    (TcpStream::from_std(writer).unwrap(), reader)
}

/// Writes everything and returns its checksum; `written` says how much the kernel has taken.
async fn write_all(stream: TcpStream, written: Rc<Cell<usize>>) -> u32 {
    let (mut piece, mut sum) = (vec![0; PIECE], crc32fast::Hasher::new());
    for number in 0..ALL / PIECE {
        fill(&mut piece, number);
        sum.update(&piece);
        let mut rest = &piece[..];
        while !rest.is_empty() {
            let n = stream.write(rest).await.unwrap();
            written.set(written.get() + n);
            rest = &rest[n..];
        }
    }
    sum.finalize()
}

/// Waits until the writer is stuck: the kernel has taken nothing in many turns and some time.
async fn until_it_stands(written: &Cell<usize>) {
    let mut before = usize::MAX;
    while before != written.get() {
        before = written.get();
        sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn with_64_mib_pending_a_slow_reader_holds_its_writer_back_and_gets_every_byte() {
    run(async || {
        let (writer, reader) = ends_of_a_narrow_connection().await;
        let before = reset();
        let written = Rc::new(Cell::new(0));
        let writing = spawn(write_all(writer, Rc::clone(&written)));
        until_it_stands(&written).await;
        assert!((1..=ON_THE_WAY).contains(&written.get()), "the kernel has taken {}", written.get());
        let (polls, waiting) = (shirr::metrics().polls, registered());
        sleep(Duration::from_millis(20)).await;
        // Held back means asleep, and not that it tries again and again.
        assert!(shirr::metrics().polls - polls < 10, "{:?}", shirr::metrics());
        assert_eq!(waiting, (0, 2));

        let (mut piece, mut sum, mut read) = (vec![0; PIECE], crc32fast::Hasher::new(), 0);
        loop {
            let n = reader.read(&mut piece).await.unwrap();
            if n == 0 {
                break;
            }
            sum.update(&piece[..n]);
            read += n;
            let on_the_way = written.get() - read;
            assert!(on_the_way <= ON_THE_WAY, "{on_the_way} bytes on the way");
            yield_now().await;
            // A pause now and then, as of a busy peer.
            if read % (8 << 20) < n {
                sleep(Duration::from_millis(1)).await;
            }
        }
        assert_eq!((read, sum.finalize()), (ALL, writing.await.unwrap()));
        let peak = counts().peak - before.live;
        println!("64 MiB went through a peak of {peak} bytes");
        assert!(peak <= HELD, "the process has held {peak} bytes at once");
        drop(reader);
        assert_eq!((registered(), shirr::metrics().tasks), ((0, 0), 1));
    });
}
