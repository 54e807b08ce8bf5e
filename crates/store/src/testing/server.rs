//! PostgreSQL for tests: started once for each test program, from the installed binaries, in a temporary folder on a free
//! port. Server and folder end with the program. Set `PESAN_TEST_POSTGRES` to an address to use a running server instead.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The address of the server of this test program, without a database.
pub(super) fn url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("PESAN_TEST_POSTGRES").map_or_else(|_| start(), |url| url.trim_end_matches('/').to_owned())
    })
    .clone()
}

fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed (`make deps`)")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL's server is installed (`make deps`)")
}

/// PostgreSQL refuses to run as root, so as root it runs as the user its package made.
fn as_postgres(program: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if is_root {
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// Runs a program and deletes a folder when it has ended. Told to end, it ends the program at once.
const AND_DELETE: &str = r#"
folder=$1
shift
"$@" &
program=$!
trap 'kill -QUIT $program' TERM
wait $program
wait $program
rm -rf "$folder"
"#;

/// The same program, and the end of `folder` with it. A program that ends drops nothing that its threads hold, so
/// somebody else must delete it.
fn and_delete(folder: &Path, program: &Command) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "--", "sh", "-c", AND_DELETE, "sh"])
        .arg(folder)
        .arg(program.get_program())
        .args(program.get_args());
    command
}

fn start() -> String {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The server is told to end when the thread that started it ends, so that thread lives as long as the program.
    std::thread::spawn(move || {
        let folder = tempfile::Builder::new()
            .prefix("pesan-test-postgres")
            .tempdir()
            .expect("a temporary folder");
        open_to_all(folder.path());
        let data = folder.path().join("data");
        let initialized = as_postgres(&binaries().join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--username=postgres",
                "-D",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .expect("initdb runs");
        assert!(initialized.success(), "initdb failed");
        let mut postgres = as_postgres(&binaries().join("postgres"));
        postgres
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=200",
            ])
            .args([
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off",
                "-c",
                "shared_buffers=64MB",
            ]);
        let mut server = and_delete(folder.path(), &postgres)
            .stderr(Stdio::piped())
            .spawn()
            .expect("postgres starts");
        let mut log = server.stderr.take().expect("its log is piped");
        let (mut text, mut buffer) = (String::new(), [0_u8; 4096]);
        while !text.contains("ready to accept connections") {
            let length = log.read(&mut buffer).expect("its log is readable");
            assert!(length > 0, "postgres ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        sender
            .send(format!("postgres://postgres@127.0.0.1:{port}"))
            .expect("somebody waits for it");
        // Keeps the pipe empty until the end of the program.
        while log.read(&mut buffer).is_ok_and(|length| length > 0) {}
        let _ = server.wait();
    });
    receiver.recv().expect("PostgreSQL started")
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).expect("our own folder");
}
