//! A cache with a fault that a plain run does not show, and its twin without it, explored.
//!
//! `cargo run --example cache --features explore` runs both as they are, and then under a
//! thousand legal schedules each. The fault is found, shortened to what it takes, and told with the
//! line that shows it again.

use shirr::explore::{Explorer, latency};
use shirr::gather;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// What is asked for a price when the cache has none.
#[derive(Default)]
struct Service {
    questions: Cell<u32>,
}

impl Service {
    async fn price(&self, item: &str) -> u32 {
        self.questions.set(self.questions.get() + 1);
        latency().await;
        item.len() as u32
    }
}

/// Prices that are known. The fault: between the look and the insertion lies an await, in which
/// another task looks as well.
#[derive(Default)]
struct Cache {
    service: Service,
    prices: RefCell<HashMap<&'static str, u32>>,
}

impl Cache {
    async fn price(&self, item: &'static str) -> u32 {
        let known = self.prices.borrow().get(item).copied();
        if let Some(price) = known {
            return price;
        }
        let price = self.service.price(item).await;
        self.prices.borrow_mut().insert(item, price);
        price
    }

    /// Asks once for each item and shares the answer: whoever comes while it is asked for waits.
    async fn price_asked_once(&self, item: &'static str) -> u32 {
        while self.prices.borrow().get(item) == Some(&ASKED) {
            latency().await;
        }
        if !self.prices.borrow().contains_key(item) {
            self.prices.borrow_mut().insert(item, ASKED);
            let price = self.service.price(item).await;
            self.prices.borrow_mut().insert(item, price);
        }
        self.prices.borrow()[item]
    }
}

/// In the place of a price that is asked for.
const ASKED: u32 = u32::MAX;

/// Two customers of one shop. `tests/explore/report.rs` explores them, too. The second comes when the first has been served, as a rule.
pub(crate) async fn customers(asks_once: bool) {
    let cache = Rc::new(Cache::default());
    let customer = |steps: u32| {
        let cache = Rc::clone(&cache);
        async move {
            for _ in 0..steps {
                latency().await; // the way to the shop
            }
            if asks_once { cache.price_asked_once("tea").await } else { cache.price("tea").await }
        }
    };
    let prices = gather([0, 3].map(customer)).await;
    assert_eq!(prices, [3, 3]);
    assert_eq!(cache.service.questions.get(), 1, "the service was asked twice for one price");
}

fn main() {
    shirr::block_on(customers(false));
    shirr::block_on(customers(true));
    println!("Both run well by themselves.\n");
    for (name, asks_once) in [("The cache", false), ("Its twin", true)] {
        match Explorer::new().check(|| customers(asks_once)) {
            Ok(passed) => println!("{name}: {} schedules have passed.", passed.schedules),
            Err(failure) => println!("{name}: {failure}\n"),
        }
    }
}
