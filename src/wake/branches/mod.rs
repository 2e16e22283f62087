//! Beside the wakes: the slab that all layers keep things in, which gives back what a burst
//! has taken.

mod burst;

pub(crate) use burst::{KEPT, ShrinkingSlab};
