//! The random trees of `tests/gather_property.rs`, made of bytes.

#[path = "../../property/model.rs"]
mod model;
#[path = "../../property/tree.rs"]
#[allow(dead_code, reason = "shared with its test")]
mod tree;
#[path = "../../property/world.rs"]
mod world;

use model::Model;
use tree::{Node, drop_time, flat, node, whole};

/// How many children the outermost gather has at most, and in which turn it is cut at the latest.
const MOST: usize = 8;
const TURNS: usize = 60;

pub(crate) fn run(bytes: &[u8]) {
    let (first, rest) = bytes.split_at(bytes.len().min(4));
    let children: Vec<Node> = crate::generated(&node(), rest, MOST);
    if children.is_empty() {
        return;
    }
    let outermost = whole(proptest::strategy::Just(children));
    let made = crate::generated(&(outermost, drop_time(), 0..TURNS), first, 1);
    let Some((root, drop_at, turns)) = made.first() else { return };
    let items = flat(root);
    // The model has no answer where what comes first is not promised.
    if let Some(expected) = Model::run(&items, *drop_at) {
        assert_eq!(world::run(&items, *drop_at), expected);
    }
    world::cut(&items, *turns);
}
