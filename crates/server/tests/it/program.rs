//! The program as people start it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Runs it to its end, with nothing of the machine's settings.
fn pesan(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pesan"));
    command.env_clear().args(arguments).arg("--data").arg(data);
    command.output().expect("it starts")
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_it_writes_is_for_its_owner_only_even_in_a_folder_that_somebody_else_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("ours");
    let added = pesan(
        &["user", "add", "--email", "a@example.com", "--name", "A"],
        folder.path(),
    );
    assert!(added.status.success(), "{added:?}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).expect("there") {
        let entry = entry.expect("readable");
        let mode = entry.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} is {mode:o}", entry.file_name());
        names.push(entry.file_name());
    }
    assert!(names.iter().any(|name| name == "pesan.db"), "{names:?}");
}

#[test]
fn a_mistyped_folder_is_an_error_and_is_not_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let typo = folder.path().join("typo");
    for arguments in [
        &["user", "list"][..],
        &["user", "password", "--email", "a@example.com"],
        &["key", "list"],
        &["key", "add", "--name", "A"],
    ] {
        let told = failure(&pesan(arguments, &typo));
        assert!(told.contains("there is no data"), "{told}");
        // Nor is a folder of something else made into one.
        failure(&pesan(arguments, folder.path()));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("there").count(), 0);
}

#[test]
fn a_port_that_is_taken_is_found_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let mut arguments = vec!["serve", "--listen", &address];
    if cfg!(feature = "sandbox") {
        arguments.extend(["--sandbox-ws", "ws://127.0.0.1:9/ws/chat"]);
    }
    let data = folder.path().join("data");
    let told = failure(&pesan(&arguments, &data));
    assert!(told.contains("could not listen"), "{told}");
    assert!(!data.exists());
}

#[test]
#[cfg(feature = "sandbox")]
fn a_build_for_a_simulated_network_asks_for_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let told = failure(&pesan(
        &["serve", "--listen", "127.0.0.1:0"],
        &folder.path().join("data"),
    ));
    assert!(told.contains("--sandbox-ws"), "{told}");
}
