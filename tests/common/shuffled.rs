//! Tests of the ready queue itself. Which ready task is next is not promised, and `SHIRR_SEED`
//! changes it: such a test is passed over then, and says so.

/// Whether the environment has the ready tasks shuffled. `leans_on` is what the caller counts on
/// that the documents do not promise.
pub(crate) fn is_shuffled(leans_on: &str) -> bool {
    let shuffled = cfg!(feature = "explore") && std::env::var_os("SHIRR_SEED").is_some();
    if shuffled {
        println!("with SHIRR_SEED there is no {leans_on}");
    }
    shuffled
}
