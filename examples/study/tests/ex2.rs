//! The check of exercise 2: parking until there was a wake, and not for less.

#[path = "../exercises/ex2.rs"]
mod answer;
mod exercise;
#[path = "../solutions/ex2.rs"]
mod solution;
#[path = "../solutions/ex2_wrong.rs"]
mod wrong;

use exercise::{Boxed, Found, Proof, demand, expect};
use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// What happened, and the waker of the latest poll.
#[derive(Default)]
struct Scene {
    happened: Vec<&'static str>,
    waker: Option<Waker>,
}

type Shared = Rc<RefCell<Scene>>;
type Park = Box<dyn FnMut()>;

/// Is ready after two wakes. The first of them may come from its own first poll.
fn program(scene: Shared, wakes_itself: bool) -> Boxed<&'static str> {
    Box::pin(poll_fn(move |cx| {
        let scene = &mut *scene.borrow_mut();
        assert!(scene.happened.len() < 16, "no end: {:?}", scene.happened);
        scene.happened.push("poll");
        scene.waker = Some(cx.waker().clone());
        if wakes_itself && scene.happened.len() == 1 {
            scene.happened.push("wake");
            cx.waker().wake_by_ref();
        }
        let wakes = scene.happened.iter().filter(|part| **part == "wake").count();
        if wakes == 2 { Poll::Ready("done") } else { Poll::Pending }
    }))
}

/// Of three parks the first two end for no reason, and the third one by a wake.
fn park(scene: Shared) -> Park {
    let mut parks = 0;
    Box::new(move || {
        parks += 1;
        assert!(parks < 20, "parked {parks} times: {:?}", scene.borrow().happened);
        scene.borrow_mut().happened.push("park");
        if parks % 3 == 0 {
            let waker = scene.borrow_mut().waker.take();
            scene.borrow_mut().happened.push("wake");
            waker.into_iter().for_each(Waker::wake);
        }
    })
}

/// What is asked of an answer.
fn check(block_on: impl Fn(Boxed<&'static str>, Park) -> (&'static str, u32, u32)) -> Found {
    let wait = ["park", "park", "park", "wake", "poll"];
    for (wakes_itself, first) in [(false, &wait[..]), (true, &["wake", "poll"])] {
        let scene = Shared::default();
        let seen = block_on(program(Rc::clone(&scene), wakes_itself), park(Rc::clone(&scene)));
        let expected = [&["poll"], first, &wait].concat();
        expect("two parks of three end without a wake", scene.take().happened, expected)?;
        expect("the output, the polls and the wakes", seen, ("done", 3, 2))?;
    }
    Ok(())
}

/// Breaks until the exercise is solved.
#[test]
#[ignore = "it is the reader's to solve"]
fn exercise_2_is_solved() {
    demand(|| check(answer::block_on));
}

/// Breaks if the check takes a loop that polls without a wake, or uses a wake twice.
#[test]
fn the_check_tells_an_answer_from_a_wrong_one() {
    let proof = Proof {
        exercise: || check(answer::block_on),
        starts_with: r#"seen ["poll", "park", "poll""#,
        solution: || check(solution::block_on),
        wrong: || check(wrong::block_on),
        is_refused_with: r#"["poll", "park", "park", "park", "wake", "poll", "poll""#,
    };
    proof.holds(2);
}
