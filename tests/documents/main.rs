//! The source and the documents themselves, held to one another. A subject in each file.

#[path = "../common/mod.rs"]
mod common;
#[path = "../gather/forms.rs"]
mod forms;
#[path = "types.rs"]
mod types;

mod front_page;
mod guide;
mod layers;
mod names;
mod public_api;
mod spine;
