//! The network as a program: what it prints, and what survives `kill -9`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

struct Program {
    child: Child,
    ready: Value,
}

impl Program {
    fn start(state: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wanet"))
            .args(["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--state"])
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output is read"))
            .read_line(&mut line)
            .expect("it says something");
        Self {
            child,
            ready: serde_json::from_str(&line).expect("a JSON line"),
        }
    }

    fn admin(&self, path: &str) -> String {
        format!("{}{path}", self.ready["admin"].as_str().expect("an address"))
    }

    fn kill(mut self) {
        self.child.kill().expect("it is running");
        self.child.wait().expect("it ends");
    }
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let web = reqwest::Client::builder().build().expect("a web client");
    let dir = tempfile::tempdir().expect("a directory");
    let program = Program::start(dir.path());
    assert!(program.ready["ws"].as_str().is_some_and(|ws| ws.ends_with("/ws/chat")));
    for (phone, name) in [("15550100001", "Ada"), ("15550100002", "Bob")] {
        let new = json!({"phone": phone, "push_name": name});
        web.post(program.admin("/admin/phones"))
            .json(&new)
            .send()
            .await
            .expect("an answer");
    }
    let group = json!({"creator": "15550100001", "subject": "We", "members": ["15550100002"]});
    web.post(program.admin("/admin/groups"))
        .json(&group)
        .send()
        .await
        .expect("an answer");
    // The log is written by a thread of its own, so the file is asked before the program is killed.
    let log = dir.path().join("wanet.log");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !String::from_utf8_lossy(&std::fs::read(&log).expect("the log is there")).contains("group/") {
        assert!(tokio::time::Instant::now() < deadline, "the group was never written");
        tokio::task::yield_now().await;
    }
    program.kill();

    let program = Program::start(dir.path());
    let phones: Value = web
        .get(program.admin("/admin/phones"))
        .send()
        .await
        .expect("one")
        .json()
        .await
        .expect("JSON");
    assert_eq!(phones.as_array().map(Vec::len), Some(2));
    assert_eq!(phones[0]["push_name"], json!("Ada"));
    let stats: Value = web
        .get(program.admin("/admin/stats"))
        .send()
        .await
        .expect("one")
        .json()
        .await
        .expect("JSON");
    assert_eq!(stats["groups"], json!(1));
    program.kill();
}
