//! `SHIRR_SEED`: chance decides in a program as it is, on the real kernel.

use crate::tools::Bell;
use shirr::{spawn, time::sleep};
use std::cell::RefCell;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

/// For the test below, which runs it in a process of its own. Prints the order of first polls, and
/// that of tasks that were woken.
#[test]
#[ignore = "it prints what the environment asks for"]
fn a_program_as_it_is() {
    let (noted, bell) = (Rc::new(RefCell::new(String::new())), Rc::new(Bell::default()));
    let noting = Rc::clone(&noted);
    shirr::block_on(async move {
        let task = |name| {
            let (noted, bell) = (Rc::clone(&noting), Rc::clone(&bell));
            spawn(async move {
                noted.borrow_mut().push(name);
                bell.wait().await;
                noted.borrow_mut().push(name);
            })
        };
        let tasks: Vec<_> = ('a'..='h').map(task).collect();
        sleep(Duration::ZERO).await;
        bell.ring();
        for task in tasks {
            task.await.unwrap();
        }
    });
    println!("orders: {}", noted.take());
}

/// The two orders, or what else is said.
fn orders(seed: &str) -> Result<(String, String), String> {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "shuffled::a_program_as_it_is", "--ignored", "--nocapture"]);
    let output = test.env("SHIRR_SEED", seed).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let orders = said.split_once("orders: ").ok_or(&*said)?.1;
    Ok((orders[..8].to_owned(), orders[8..16].to_owned()))
}

/// Breaks if the environment is not asked, or a level does what it is not to.
#[test]
fn shirr_seed_shuffles_a_program_as_it_is_by_the_freedoms_of_a_level() {
    let in_order = "abcdefgh";
    let (first, woken) = orders("7:world").unwrap();
    assert_eq!((&*first, &*woken), (in_order, in_order));
    let (first, woken) = orders("7").unwrap();
    assert!(first == in_order && woken != in_order, "{first}, {woken}");
    assert_eq!(orders("7:shared").unwrap(), (first, woken));
    assert_ne!(orders("7:wild").unwrap().0, in_order);
    for wrong in ["seven", "7:any"] {
        let said = orders(wrong).unwrap_err();
        assert!(said.contains("SHIRR_SEED is a number, as 7, or with a level"), "{said}");
    }
}
