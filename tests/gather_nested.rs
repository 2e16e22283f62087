//! Gathers inside gathers: shape, drop, panic and limits reach through every level.

mod common;

use common::{Count, Drops, Guard, begin, caught, run, text_of, turns};
use shirr::{gather, yield_now};
use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

/// A leaf that never ends, and whose guard says when it is dropped.
async fn waits(guard: Guard) {
    let _guard = guard;
    pending().await
}

/// A nested list, as asyncio programs build them.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Leaf(u32),
    Node(Vec<Tree>),
}

fn grow(tree: Tree, bodies: Count) -> Pin<Box<dyn Future<Output = Tree>>> {
    Box::pin(async move {
        bodies.add(1);
        yield_now().await;
        match tree {
            Tree::Leaf(value) => Tree::Leaf(value * 10),
            Tree::Node(nodes) => {
                let grown = nodes.into_iter().map(move |node| grow(node, bodies.clone()));
                Tree::Node(gather(grown).await)
            }
        }
    })
}

#[test]
fn gathers_inside_gathers_keep_their_shape() {
    use Tree::{Leaf, Node};
    run(async || {
        let tree = Node(vec![Node(vec![Leaf(1), Leaf(2)]), Leaf(3), Node(vec![])]);
        let grown = grow(tree, Count::default()).await;
        assert_eq!(grown, Node(vec![Node(vec![Leaf(10), Leaf(20)]), Leaf(30), Node(vec![])]));
    });
}

#[test]
fn five_wide_and_four_deep_runs_781_bodies_once_each() {
    fn wide(depth: usize) -> Tree {
        if depth == 0 { Tree::Leaf(1) } else { Tree::Node(vec![wide(depth - 1); 5]) }
    }
    run(async || {
        let bodies = Count::default();
        grow(wide(4), bodies.clone()).await;
        assert_eq!(bodies.get(), 781);
        assert_eq!(shirr::metrics().tasks, 1); // the caller
    });
}

#[test]
fn dropping_the_outermost_of_nested_gathers_drops_every_leaf_once() {
    run(async || {
        let drops = Drops::default();
        let leaf = |_| waits(drops.guard());
        let inner = |_| gather((0..5).map(leaf).collect::<Vec<_>>());
        let middle = |_| gather((0..5).map(inner).collect::<Vec<_>>());
        let mut outer = gather((0..5).map(middle).collect::<Vec<_>>());
        assert!(begin(&mut outer).await.is_pending());
        turns(5).await;
        assert_eq!((drops.count(), shirr::metrics().tasks), (0, 1 + 5 + 25 + 125));
        drop(outer);
        assert_eq!((drops.count(), shirr::metrics().tasks), (125, 1));
    });
}

#[test]
fn a_panic_inside_a_nested_gather_climbs_to_the_outermost_caller() {
    run(async || {
        let drops = Drops::default();
        let leaf = |fails: bool| {
            let guard = drops.guard();
            async move {
                yield_now().await;
                assert!(!fails, "deep");
                waits(guard).await
            }
        };
        let inner = |fails| gather([leaf(false), leaf(fails)]);
        let payload = caught(gather([inner(true), inner(false)])).await.unwrap_err();
        assert_eq!(text_of(payload.as_ref()), "deep");
        assert!(drops.count() == 4 && drops.none_alive());
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

#[test]
fn a_limit_inside_a_limit_bounds_the_product() {
    run(async || {
        let (alive, most) = (Count::default(), Rc::new(Cell::new(0)));
        let outer = |i: usize| {
            let (alive, most) = (alive.clone(), Rc::clone(&most));
            let inner = move |j: usize| {
                let (alive, most) = (alive.clone(), Rc::clone(&most));
                async move {
                    alive.add(1);
                    most.set(most.get().max(alive.get()));
                    turns((i + j) * 7 % 5).await;
                    alive.sub(1);
                    (i, j)
                }
            };
            gather((0..10).map(inner)).limit(3)
        };
        let all = gather((0..10).map(outer)).limit(2).await;
        assert_eq!(most.get(), 6);
        let expected: Vec<Vec<_>> = (0..10).map(|i| (0..10).map(|j| (i, j)).collect()).collect();
        assert_eq!(all, expected);
    });
}
