//! What is counted: built twice against the library without its feature `trace`.

/// The name by which callgrind finds it.
#[inline(never)]
fn measured(runtime: &shirr::Runtime, what: &str) {
    runtime.block_on(async {
        match what {
            "yield" => {
                for _ in 0..1_000 {
                    shirr::yield_now().await;
                }
            }
            "gather" => drop(shirr::gather((0..1_000).map(|_| shirr::yield_now())).await),
            "spawn and join" => {
                for _ in 0..1_000 {
                    shirr::spawn(async {}).await.unwrap();
                }
            }
            _ => panic!("nothing of that name is measured"),
        }
    });
}

fn main() {
    let what = std::env::args().nth(1).unwrap();
    measured(&shirr::Runtime::new().unwrap(), &what);
}
