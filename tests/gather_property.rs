//! Random trees of gathers of all forms do what a simple model says they do.
//!
//! Leaves give values, fail, panic, wait for ever, give way, sleep on a clock that is moved
//! by hand, run as tasks of their own and abort each other; the whole tree may be dropped
//! at any time. The model knows no future, no slab and no queue. The trees are the same in
//! every run; `PROPTEST_CASES` asks for more of them.

mod common;
#[path = "property/model.rs"]
mod model;
#[path = "property/tree.rs"]
mod tree;
#[path = "property/world.rs"]
mod world;

use common::ends;
use model::Model;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tree::{Node, What, drop_time, flat, tree};

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(500, |cases| cases.parse().unwrap())
}

/// Breaks if a result, a drop or its turn differs from the model's.
#[test]
fn results_drops_and_their_order_are_what_the_model_says() {
    ends(|| {
        let checked = runner(cases()).run(&(tree(), drop_time()), |(root, drop_at): (Node, _)| {
            let items = flat(&root);
            let expected = Model::run(&items, drop_at);
            prop_assume!(expected.is_some());
            prop_assert_eq!(world::run(&items, drop_at), expected.unwrap());
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    });
}

/// Breaks if a drop at some moment leaves a leaf, or drops one twice.
#[test]
fn a_tree_dropped_in_any_turn_drops_every_leaf_once_and_leaves_nothing() {
    ends(|| {
        let checked = runner(cases()).run(&(tree(), 0..60_usize), |(root, turns): (Node, _)| {
            world::cut(&flat(&root), turns);
            Ok(())
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    });
}

/// Breaks if the trees get so small, or so alike, that the other tests hold little.
#[test]
fn the_trees_are_large_and_end_in_every_way() {
    let (mut runner, mut large) = (runner(0), 0);
    let mut ends = [0; 4];
    for _ in 0..200 {
        let (root, drop_at) = (tree(), drop_time()).new_tree(&mut runner).unwrap().current();
        let items = flat(&root);
        let wholes = items.iter().filter(|item| matches!(item.what, What::Whole { .. })).count();
        large += usize::from(wholes >= 3 && items.len() >= 10);
        let Some(seen) = Model::run(&items, drop_at) else { continue };
        let end = ["[", "d", "p", ""].iter().position(|start| seen.result.starts_with(start));
        ends[end.unwrap()] += 1;
    }
    println!("of 200 trees {large} are large; lists, drops, panics, errors: {ends:?}");
    assert!(large >= 40 && ends.iter().all(|count| *count >= 10));
}
