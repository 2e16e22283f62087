//! Random trees of gathers.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;

/// Steps of the manual clock. So many that two sums of them hardly ever are the same.
pub(crate) type Time = u64;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    Gather,
    Settled,
    Try,
    AsCompleted,
}

/// How a leaf ends, after its sleep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Value,
    Error,
    Panic,
    Never,
    /// Aborts the item of this number, if that is a task, sleeps again and gives a value.
    Abort(usize, Time),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf {
    pub(crate) yields: usize,
    pub(crate) sleep: Time,
    pub(crate) end: End,
    /// It is a task of its own, and a handle is what is gathered.
    pub(crate) spawned: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Leaf(Leaf),
    Whole { form: Form, limit: Option<usize>, children: Vec<Node> },
}

/// A node with its number: the tree laid flat, the root first.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The number of the parent, and the position there; none for the root.
    pub(crate) parent: Option<(usize, usize)>,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Leaf(Leaf),
    Whole { form: Form, limit: usize, children: Vec<usize> },
}

pub(crate) fn flat(root: &Node) -> Vec<Item> {
    let mut items = Vec::new();
    lay(root, None, &mut items);
    let len = items.len();
    for item in &mut items {
        if let What::Leaf(Leaf { end: End::Abort(target, _), .. }) = &mut item.what {
            *target %= len;
        }
    }
    items
}

fn lay(node: &Node, parent: Option<(usize, usize)>, items: &mut Vec<Item>) -> usize {
    let number = items.len();
    match node {
        Node::Leaf(leaf) => items.push(Item { parent, what: What::Leaf(*leaf) }),
        Node::Whole { form, limit, children } => {
            let limit = limit.unwrap_or(usize::MAX);
            items.push(Item { parent, what: What::Whole { form: *form, limit, children: Vec::new() } });
            let mut numbers = Vec::new();
            for (position, child) in children.iter().enumerate() {
                numbers.push(lay(child, Some((number, position)), items));
            }
            items[number].what = What::Whole { form: *form, limit, children: numbers };
        }
    }
    number
}

fn time() -> impl Strategy<Value = Time> {
    1..1_000_000_u64
}

fn leaf() -> impl Strategy<Value = Node> {
    let end = prop_oneof![
        8 => Just(End::Value),
        2 => Just(End::Error),
        2 => Just(End::Panic),
        1 => Just(End::Never),
        3 => (any::<usize>(), time()).prop_map(|(target, then)| End::Abort(target, then)),
    ];
    let leaf = (0..4_usize, time(), end, any::<bool>());
    leaf.prop_map(|(yields, sleep, end, spawned)| Node::Leaf(Leaf { yields, sleep, end, spawned }))
}

fn form() -> impl Strategy<Value = Form> {
    Union::new([Form::Gather, Form::Settled, Form::Try, Form::Try, Form::AsCompleted].map(Just))
}

/// A gather of these children, in some form.
pub(crate) fn whole(children: impl Strategy<Value = Vec<Node>>) -> impl Strategy<Value = Node> {
    let limit = proptest::option::of(1..4_usize);
    (form(), limit, children).prop_map(|(form, limit, children)| Node::Whole { form, limit, children })
}

/// A leaf, or a gather of anything, at most three deep.
pub(crate) fn node() -> impl Strategy<Value = Node> {
    leaf().prop_recursive(3, 40, 5, |inner| whole(vec(inner, 1..6)))
}

/// A gather of anything, at most four deep.
pub(crate) fn tree() -> impl Strategy<Value = Node> {
    whole(vec(node(), 1..6))
}

/// When the whole tree is dropped, if it is.
pub(crate) fn drop_time() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of(1..2_000_000_u64)
}
