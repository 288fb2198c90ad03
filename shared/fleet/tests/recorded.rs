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
    let order = json!({"type": "order", "order": 1, "what": {"order": "dance", "how": "well"}});
    assert_eq!(through("control", &order)["what"], json!({"order": "unknown"}));
}

#[test]
fn what_is_kept_is_kept_with_what_a_newer_release_says() {
    let lines = include_str!("recorded/v1.jsonl").lines();
    let kept = ["welcome", "assignments", "order", "upstreams", "routes", "change"];
    let (mut tried, mut more) = (0, json!({"mood": {"is": ["good", 1]}}));
    for line in lines {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let mut message = line["message"].clone();
        let kind = message["type"].as_str().expect("a type").to_owned();
        if !kept.contains(&kind.as_str()) {
            continue;
        }
        let part = match kind.as_str() {
            "welcome" => &mut message,
            "assignments" | "routes" => &mut message["part"][0],
            "upstreams" => &mut message["all"][0],
            "change" => &mut message["put"][0],
            _ if message["what"]["order"] == "assign" => &mut message["what"],
            _ if message["what"]["order"] == "provision" => &mut message["what"]["assignment"],
            _ => continue,
        };
        part["mood"] = more["mood"].take();
        if part["site"].is_object() {
            part["site"]["mood"] = part["mood"].clone();
        }
        more["mood"] = part["mood"].clone();
        let written = through("control", &message);
        assert!(holds(&written, &message), "{message}\nbecame\n{written}");
        tried += 1;
    }
    assert_eq!(tried, 11);
}
