//! Each example, run as it is meant to be.

use crate::peer::{Act, Foreign, Peer};
use crate::run::{ends_in_time, fetch_status, path, run};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn delays_prints_the_results_in_input_order_after_the_longer_delay() {
    let start = Instant::now();
    let run = run("delays", &["--unit-ms", "15"]);
    assert!(start.elapsed() >= Duration::from_millis(45));
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "[3, 1]\n", ""));
}

#[test]
fn fetch_data_asks_all_sources_before_the_first_has_answered() {
    let run = run("fetch_data", &["--unit-ms", "15"]);
    let lines: Vec<_> = run.stdout.lines().map(|line| line.split(" in ").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "starting fetch_all",
            "starting fetch_data(users, 3)",
            "starting fetch_data(orders, 1)",
            "starting fetch_data(prices, 2)",
            "finished fetch_data(orders, 1)",
            "finished fetch_data(prices, 2)",
            "finished fetch_data(users, 3)",
            "finished fetch_all",
            r#"["data from users", "data from orders", "data from prices"]"#,
        ]
    );
    let time = run.stdout.lines().find_map(|line| line.strip_prefix("finished fetch_all in ")).unwrap();
    let seconds = time.strip_suffix(" second(s)").unwrap();
    assert_eq!(seconds.split('.').nth(1).unwrap().len(), 4, "{time}");
    assert!(seconds.parse::<f64>().unwrap() >= 0.045, "{time}");
}

#[test]
fn fetch_status_is_faster_in_real_time_at_once_than_one_after_another() {
    let run = fetch_status(&["--requests", "100", "--delay-ms", "40", "--sequential", "5"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let json = run.json();
    let fields: BTreeSet<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "connections",
        "failed",
        "gather_s",
        "ok",
        "requests",
        "rounds_s",
        "sequential_measured",
        "sequential_s",
        "speedup",
        "statuses",
    ];
    assert_eq!(fields, BTreeSet::from(expected));
    assert_eq!((&json["requests"], &json["ok"], &json["failed"]), (&100.into(), &100.into(), &0.into()));
    assert_eq!(json["statuses"], serde_json::json!({ "200": 100 }));
    assert_eq!(json["rounds_s"], serde_json::json!([json["gather_s"]]));
    assert_eq!((&json["connections"], &json["sequential_measured"]), (&100.into(), &5.into()));
    let (gather, sequential) = (json["gather_s"].as_f64().unwrap(), json["sequential_s"].as_f64().unwrap());
    assert!(gather >= 0.040 && sequential >= 4.0, "{json}");
    // Loose by a factor of twenty, for a busy machine and an unoptimised build.
    assert!(json["speedup"].as_f64().unwrap() > 2.0, "{json}");
    assert!((json["speedup"].as_f64().unwrap() - sequential / gather).abs() < 0.1, "{json}");
}

#[test]
fn later_rounds_use_the_connections_of_the_first() {
    let run = fetch_status(&["--requests=60", "--delay-ms=1", "--rounds=3", "--sequential=1"]);
    let json = run.json();
    assert_eq!((run.status, &json["requests"], &json["ok"]), (Some(0), &180.into(), &180.into()));
    assert_eq!((json["rounds_s"].as_array().unwrap().len(), &json["connections"]), (3, &60.into()));
}

#[test]
fn a_limit_bounds_the_connections() {
    let run = fetch_status(&["--requests=60", "--delay-ms=1", "--limit=7", "--sequential=1"]);
    let json = run.json();
    assert_eq!((run.status, &json["ok"], &json["connections"]), (Some(0), &60.into(), &7.into()));
}

#[test]
fn the_server_alone_answers_other_programs_until_its_input_ends() {
    let mut command = Command::new(path("fetch_status"));
    command.args(["--serve", "--delay-ms=1", "--requests=20"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    for _ in 0..2 {
        let run = fetch_status(&["--url", url.trim(), "--requests=20", "--sequential=1"]);
        assert_eq!((run.status, &run.json()["ok"]), (Some(0), &20.into()), "{run:?}");
    }
    assert!(server.try_wait().unwrap().is_none());
    drop(server.stdin.take());
    assert!(ends_in_time(&mut server) && server.wait().unwrap().success());
}

#[test]
fn verbose_prints_a_line_as_each_request_starts_and_ends() {
    let args = ["--requests=20", "--delay-ms=5", "--sequential=2", "--verbose"];
    let run = run("fetch_status", &args);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let lines: Vec<_> = run.stdout.lines().collect();
    for number in 1..=20 {
        assert_eq!(lines[number - 1], format!("starting fetch_status({number})"));
        let end = format!("finished fetch_status({number}) in ");
        let time = lines[20..40].iter().find_map(|line| line.strip_prefix(&end)).unwrap();
        let seconds: f64 = time.strip_suffix(" second(s)").unwrap().parse().unwrap();
        assert!(seconds >= 0.005);
    }
    assert_eq!(lines[40], "status 200: 20");
}

#[test]
fn the_summary_says_that_the_sequential_time_is_scaled() {
    let run = run("fetch_status", &["--requests=20", "--delay-ms=1", "--sequential=2"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let line = run.stdout.lines().find(|line| line.starts_with("one after another")).unwrap();
    assert!(line.contains("scaled from") && line.ends_with("for 2 of 20)"), "{line}");
    assert!(run.stdout.contains("connections opened: 20, bytes of bodies read: 120"), "{}", run.stdout);
}

#[test]
fn a_server_written_by_others_is_fetched_by_address_and_by_name() {
    let server = Foreign::start();
    for host in ["127.0.0.1", "localhost", "LocalHost"] {
        let url = format!("http://{host}:{}", server.port());
        let run = fetch_status(&["--url", &url, "--requests=100", "--sequential=5"]);
        let json = run.json();
        assert_eq!((run.status, &json["ok"], &json["failed"]), (Some(0), &100.into(), &0.into()), "{run:?}");
    }
}

#[test]
fn an_error_status_is_an_answer() {
    let peer = Peer::start(|_| Act::NotFound);
    let run = fetch_status(&["--url", &peer.url(), "--requests=10", "--sequential=1"]);
    assert_eq!((run.status, run.json()["statuses"].clone()), (Some(0), serde_json::json!({ "404": 10 })));
    assert_eq!((run.json()["ok"].clone(), run.json()["failed"].clone()), (10.into(), 0.into()));
}
