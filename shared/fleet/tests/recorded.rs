//! Messages as earlier releases wrote them. A release reads those of the one before, so a line in
//! `recorded/` is never changed, only left out when its release is two behind.

use freehold_fleet::{ControlMessage, ProcessMessage};
use serde_json::{Value, json};

/// Reads a message and writes it again.
fn through(from: &str, message: &Value) -> Value {
    let message = message.clone();
    let written = match from {
        "process" => serde_json::from_value::<ProcessMessage>(message).map(|m| json!(m)),
        "control" => serde_json::from_value::<ControlMessage>(message).map(|m| json!(m)),
        other => panic!("nobody is called {other}"),
    };
    written.expect("it reads")
}

/// Whether everything that the old form says is in the new one, word for word.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| holds(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}

#[test]
fn what_earlier_releases_wrote_is_read_and_kept() {
    for line in include_str!("recorded/v1.jsonl").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let from = line["from"].as_str().expect("a sender");
        let written = through(from, &line["message"]);
        assert!(holds(&written, &line["message"]), "{line}\nbecame\n{written}");
    }
}

#[test]
fn every_message_is_recorded() {
    let recorded: Vec<Value> = include_str!("recorded/v1.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let known = |from: &str, kind: &str| {
        recorded.iter().any(|line| line["from"] == from && line["message"]["type"] == kind)
    };
    for kind in ["join", "hello", "done", "in_force", "usage", "alive"] {
        assert!(known("process", kind), "{kind}");
    }
    for kind in [
        "joined",
        "rotated",
        "refused",
        "welcome",
        "assignments",
        "order",
        "upstreams",
        "routes",
        "change",
        "usage_kept",
        "alive",
    ] {
        assert!(known("control", kind), "{kind}");
    }
}

#[test]
fn a_newer_release_may_say_more() {
    let more = json!({"type": "in_force", "revision": 1, "mood": "good"});
    assert_eq!(through("process", &more), json!({"type": "in_force", "revision": 1}));
    for from in ["process", "control"] {
        assert_eq!(through(from, &json!({"type": "song"}))["type"], "unknown");
    }
}
