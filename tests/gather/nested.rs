//! Gathers inside gathers: shape, drop, panic and limits reach through every level.

use crate::common::{Count, Drops, begin, caught, run, text_of, turns};
use crate::forms::{Child, FORMS, Form, Given, ends_after, fails, for_every_form, for_forms, panics, waits};
use shirr::{gather, yield_now};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

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

/// Breaks if an inner gather's outputs are flattened or change places.
#[test]
fn gathers_inside_gathers_keep_their_shape() {
    use Tree::{Leaf, Node};
    run(async || {
        let tree = Node(vec![Node(vec![Leaf(1), Leaf(2)]), Leaf(3), Node(vec![])]);
        let grown = grow(tree, Count::default()).await;
        assert_eq!(grown, Node(vec![Node(vec![Leaf(10), Leaf(20)]), Leaf(30), Node(vec![])]));
    });
}

/// Breaks if a nested child is run twice or left out.
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

/// A gather of the form `inner`, as a child.
fn nested<E: 'static>(inner: Form, leaves: [Child<(), E>; 3]) -> Child<(), E> {
    Box::pin(async move {
        match inner.gives(leaves).await {
            Given::Each(_) => Ok(()),
            Given::Error(error) => Err(error),
        }
    })
}

/// Breaks if a gather that runs inside another one keeps something of its own.
#[test]
fn every_form_works_as_a_child_of_every_form() {
    for_every_form(async |outer| {
        for (inner, _) in FORMS {
            let drops = Drops::default();
            let leaf = |n| ends_after::<()>(n, drops.guard());
            outer.of([leaf(1), nested(inner, [3, 1, 2].map(leaf)), leaf(9)]).await;
            assert!(drops.count() == 5 && drops.none_alive(), "{inner:?} in {outer:?}");
        }
    });
}

/// Breaks if an inner gather outlives the child that awaits it.
#[test]
fn dropping_the_outer_of_any_two_forms_drops_all_leaves_once() {
    for_every_form(async |outer| {
        for (inner, _) in FORMS {
            let drops = Drops::default();
            let leaf = || waits::<(), ()>(drops.guard());
            let mut whole = outer.of([leaf(), nested(inner, [leaf(), leaf(), leaf()]), leaf()]);
            assert!(begin(&mut whole).await.is_pending());
            turns(3).await;
            assert_eq!(shirr::metrics().tasks, 1 + 6);
            drop(whole);
            assert!(drops.count() == 5 && drops.none_alive(), "{inner:?} in {outer:?}");
            assert_eq!(shirr::metrics().tasks, 1);
        }
    });
}

/// Breaks if a panic or an error is changed on its way out, or if a leaf stays behind.
#[test]
fn a_leafs_panic_or_error_climbs_through_any_two_forms_that_it_ends() {
    for_forms(
        |form| !form.settles(),
        async |outer| {
            for (inner, _) in FORMS.into_iter().filter(|(form, _)| !form.settles()) {
                let drops = Drops::default();
                let leaf = || waits::<(), Rc<&str>>(drops.guard());
                let around = |middle| outer.gives([leaf(), nested(inner, [leaf(), middle, leaf()]), leaf()]);
                let payload = caught(around(panics(2, "deep"))).await.err().unwrap();
                assert_eq!(text_of(payload.as_ref()), "deep");
                assert!(drops.count() == 4 && drops.none_alive(), "{inner:?} in {outer:?}");
                if inner.tries() && outer.tries() {
                    let error = Rc::new("deep");
                    let given = around(fails(2, Rc::clone(&error))).await;
                    assert!(matches!(given, Given::Error(back) if Rc::ptr_eq(&back, &error)));
                    assert!(drops.count() == 8 && drops.none_alive(), "{inner:?} in {outer:?}");
                }
            }
        },
    );
}

/// Breaks if an inner limit counts the children of its siblings.
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
