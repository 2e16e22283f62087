//! A run whose processes fail loses what they measure, and nothing else.
#![cfg(unix)] // a process is a script

#[expect(dead_code, reason = "the builds are scripts")]
#[path = "../table/builds.rs"]
mod builds;
#[path = "../table/child.rs"]
mod child;
#[path = "../table/meter.rs"]
mod meter;
#[expect(dead_code, reason = "no process measures")]
#[path = "../table/rounds.rs"]
mod rounds;
#[expect(dead_code, reason = "nothing is saved")]
#[path = "../src/saved.rs"]
mod saved;
#[expect(dead_code, reason = "nothing is saved")]
#[path = "../src/sections.rs"]
mod sections;
#[path = "../src/standing.rs"]
mod standing;
#[path = "../src/stats.rs"]
mod stats;
#[expect(dead_code, reason = "no process measures")]
#[path = "../table/workload.rs"]
mod workload;

use builds::Build;
use rounds::{Outcomes, PROCESSES, measure};
use saved::Profile;
use standing::Record;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use workload::{Contender, Cost, Workload};

fn workload(name: &'static str) -> Workload {
    let contender = |name| Contender { name, work: Box::new(|_| unreachable!("a process measures")) };
    Workload {
        name,
        what: "nothing",
        limits: "all",
        cost: Cost::WallTime,
        per: "nothing",
        count: 1,
        times: 1,
        answer: 0,
        contenders: vec![contender("shirr"), contender("tokio")],
        targets: Vec::new(),
    }
}

/// Measures three workloads, a round in each process, which is started as `PROGRAM --part NAME ROUNDS PROCESS`.
fn run(script: &str) -> Vec<Outcomes> {
    // A process that starts while another test writes its script holds that open, and it cannot run.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("process");
    fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    let workloads = ["yields", "spawns", "sleeps"].map(workload);
    let builds =
        [Profile::Release, Profile::Shipped].map(|profile| Build { profile, program: program.clone() });
    measure(&workloads, &builds, PROCESSES, &[Record::default(), Record::default()])
}

/// Of each workload the costs of each build, or why there are none.
fn told(outcomes: &[Outcomes]) -> Vec<Result<Vec<f64>, &str>> {
    let costs = |of_builds: &Vec<Vec<rounds::Outcome>>| {
        of_builds.iter().flatten().map(|outcome| outcome.cost.median).collect()
    };
    outcomes.iter().map(|one| one.as_ref().map(costs).map_err(String::as_str)).collect()
}

/// Breaks if the first process that fails ends the run, or if what comes after it in its turn is not measured.
#[test]
fn a_process_that_fails_loses_its_own_workload_and_names_it() {
    for failing in [0, PROCESSES - 1] {
        let fails = format!("[ $2.$4 = spawns.{failing} ] && {{ echo no luck >&2; exit 3; }}");
        let outcomes = run(&format!("{fails}\necho [[1],[1$4]]"));
        let told = told(&outcomes);
        let [Ok(yields), Err(why), Ok(sleeps)] = &told[..] else { panic!("the second is lost: {told:?}") };
        assert_eq!(
            [yields, sleeps],
            [&[1.0, 13.5, 1.0, 13.5]; 2],
            "each build's contenders, by all processes"
        );
        assert!(why.starts_with("spawns is left out") && why.contains("no luck"), "{why}");
    }
}

#[test]
fn a_process_that_prints_too_few_costs_has_failed() {
    let outcomes = run("case $2 in yields) echo [[1]] ;; spawns) echo [[1],[2]] ;; *) echo [[1],[]] ;; esac");
    let told = told(&outcomes);
    assert!(matches!(told[..], [Err(_), Ok(_), Err(_)]), "{told:?}");
}
