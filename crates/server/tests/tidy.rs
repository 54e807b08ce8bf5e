//! The rules of the house that a compiler cannot hold.

use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 6] = ["model", "store", "providers", "app", "server", "wanet"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file below `folder` with this ending, with its path from the root.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                collect(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut paths = Vec::new();
    collect(&root.join(folder), ending, &mut paths);
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(&root).expect("below the root").display().to_string();
        let text = fs::read_to_string(&path).expect("source is text");
        (name, text)
    };
    paths.into_iter().map(named).collect()
}

fn sources() -> Vec<(String, String)> {
    CRATES
        .iter()
        .flat_map(|name| files(&format!("crates/{name}/src"), ".rs"))
        .collect()
}

/// A module of unit tests in a file of its own.
fn is_tests(name: &str) -> bool {
    name.ends_with("/tests.rs")
}

/// The file without its unit tests, which stand at its end.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn fail_with(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_file_is_longer_than_500_lines_without_its_tests() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| !is_tests(name))
        .map(|(name, text)| (name, without_tests(&text).lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(name, lines)| format!("{name}: {lines}"))
        .collect();
    fail_with(&wrong, "split these files");
}

#[test]
fn there_is_no_mod_rs() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.ends_with("/mod.rs"))
        .collect();
    fail_with(&wrong, "`foo.rs` stands beside `foo/`");
}

#[test]
fn sql_stands_in_the_store_only() {
    let statements = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "];
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if name.starts_with("crates/store/") {
            continue;
        }
        for (number, line) in without_tests(&text).lines().enumerate() {
            let is_update = line.contains("UPDATE ") && line.contains(" SET ");
            if is_update || statements.iter().any(|statement| line.contains(statement)) {
                wrong.push(format!("{name}:{}", number + 1));
            }
        }
    }
    fail_with(&wrong, "move this SQL into crates/store/src");
}

#[test]
fn each_library_at_a_border_has_one_owner() {
    let owners: [(&str, &[&str]); 6] = [
        ("sqlx", &["store"]),
        ("rusqlite", &["store"]),
        ("axum", &["server", "wanet"]),
        ("whatsapp-rust", &["providers"]),
        ("wacore", &["providers", "wanet"]),
        ("waproto", &["providers", "wanet"]),
    ];
    let mut wrong = Vec::new();
    for name in CRATES {
        let manifest = fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).expect("a manifest");
        // What only tests use may cross a border.
        let product = manifest.split("[dev-dependencies]").next().expect("a first part");
        for (library, allowed) in owners {
            let is_used = product
                .lines()
                .any(|line| line.split(['.', ' ', '=']).next() == Some(library));
            if is_used && !allowed.contains(&name) {
                wrong.push(format!("{name} uses {library}"));
            }
        }
    }
    fail_with(&wrong, "these crates know too much");
}

/// The names below a heading of a manifest.
fn declared(manifest: &str, heading: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != heading).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Whether code uses the library: `name::` that is no part of a longer path, or `use name`.
fn uses(code: &[(String, String)], library: &str) -> bool {
    let library = library.replace('-', "_");
    let (path, import) = (format!("{library}::"), format!("use {library}"));
    let is_path = |line: &str| {
        line.match_indices(&path).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
        })
    };
    let is_import = |line: &str| {
        let rest = line.trim_start().trim_start_matches("pub ").strip_prefix(&import);
        rest.is_some_and(|rest| rest.starts_with([';', ' ']))
    };
    code.iter()
        .flat_map(|(_, text)| text.lines())
        .map(|line| line.split("//").next().unwrap_or_default())
        .any(|line| is_path(line) || is_import(line))
}

#[test]
fn every_dependency_is_used_where_it_is_declared() {
    let mut wrong = Vec::new();
    let mut used_somewhere = Vec::new();
    let crates = CRATES.map(|name| format!("crates/{name}"));
    for folder in crates.iter().map(String::as_str).chain(["bench"]) {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let product = files(&format!("{folder}/src"), ".rs");
        let tests = ["tests", "examples", "benches"].map(|name| files(&format!("{folder}/{name}"), ".rs"));
        let all: Vec<_> = tests.into_iter().flatten().chain(product.clone()).collect();
        let build = fs::read_to_string(root().join(folder).join("build.rs")).unwrap_or_default();
        let build = vec![("build.rs".to_owned(), build)];
        for (heading, code) in [
            ("[dependencies]", &product),
            ("[dev-dependencies]", &all),
            ("[build-dependencies]", &build),
        ] {
            for library in declared(&manifest, heading) {
                if !uses(code, &library) {
                    wrong.push(format!("{folder} {heading} {library}"));
                }
                used_somewhere.push(library);
            }
        }
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    for library in declared(&workspace, "[workspace.dependencies]") {
        if !used_somewhere.contains(&library) {
            wrong.push(format!("[workspace.dependencies] {library}"));
        }
    }
    fail_with(&wrong, "drop these dependencies, or move them to where they are used");
}

#[test]
fn crates_depend_downwards_only() {
    let allowed: [(&str, &[&str]); 6] = [
        ("model", &[]),
        ("store", &["pesan-model"]),
        ("providers", &["pesan-model"]),
        ("app", &["pesan-model", "pesan-store", "pesan-providers"]),
        (
            "server",
            &["pesan-model", "pesan-store", "pesan-providers", "pesan-app", "wanet"],
        ),
        ("wanet", &[]),
    ];
    let ours = ["pesan-model", "pesan-store", "pesan-providers", "pesan-app", "wanet"];
    let mut wrong = Vec::new();
    for (name, allowed) in allowed {
        let manifest = fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).expect("a manifest");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        let product = dependencies.split("[dev-dependencies]").next().expect("a first part");
        let product = product.split("[features]").next().expect("a first part");
        for line in product.lines() {
            let library = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if ours.contains(&library) && !allowed.contains(&library) {
                wrong.push(format!("{name} uses {library}"));
            }
        }
    }
    fail_with(&wrong, "these crates depend upwards or sideways");
}

#[test]
fn use_cases_know_neither_jobs_nor_the_fleet() {
    let machinery = ["jobs", "fleet", "worker", "outbox", "lib"];
    let mut wrong = Vec::new();
    for (name, text) in files("crates/app/src", ".rs") {
        let module = name.trim_start_matches("crates/app/src/");
        let module = module.split(['/', '.']).next().unwrap_or_default();
        if machinery.contains(&module) {
            continue;
        }
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if ["jobs", "fleet", "worker"]
                .iter()
                .any(|other| code.contains(&format!("crate::{other}")))
            {
                wrong.push(format!("{name}:{}", number + 1));
            }
        }
    }
    fail_with(&wrong, "use cases never import jobs, fleet or worker");
    for (name, text) in files("crates/app/src", "worker.rs") {
        assert!(!text.contains("crate::jobs"), "{name}: the worker knows no job");
    }
}

#[test]
fn tests_wait_for_facts_and_never_for_time() {
    let mut wrong = Vec::new();
    let folders = CRATES.iter().map(|name| format!("crates/{name}/tests"));
    let tests = folders.flat_map(|folder| files(&folder, ".rs"));
    // Unit tests too: what stands after the mark.
    let units = sources().into_iter().filter_map(|(name, text)| {
        if is_tests(&name) {
            return Some((name, text));
        }
        let tests = text.split_once("\n#[cfg(test)]\nmod tests {")?.1.to_owned();
        Some((name, tests))
    });
    for (name, text) in tests.chain(units) {
        if name.ends_with("tests/tidy.rs") {
            continue;
        }
        for line in text.lines() {
            let is_ignored = line.trim_start().starts_with("#[ignore");
            if line.contains("::sleep(") || is_ignored {
                wrong.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    fail_with(&wrong, "wait for a fact with a deadline, and ignore no test");
}

#[test]
fn every_migration_is_known_and_there_is_one_folder() {
    let known = fs::read_to_string(root().join("crates/store/src/migrate.rs")).expect("readable");
    let own = fs::read_to_string(root().join("crates/store/src/dialect.rs")).expect("readable");
    let migrations = files("crates/store/migrations", "");
    assert!(!migrations.is_empty());
    for (name, _) in migrations {
        let path = Path::new(&name);
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(
            path.extension().is_some_and(|ending| ending == "sql"),
            "{name} is not SQL: one text serves both databases"
        );
        // What only one database does besides is named for the step and the database.
        let step = stem.split('.').next().expect("a first part");
        assert!(known.contains(&format!("\"{step}\"")), "{name} is not in migrate.rs");
        assert!(
            step == stem || own.contains(&format!("{stem}.sql")),
            "{name} is not in dialect.rs"
        );
    }
}

#[test]
fn every_module_says_what_is_in_it() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(name, text)| !is_tests(name) && !text.starts_with("//!") && !text.starts_with("#![doc = "))
        .map(|(name, _)| name)
        .collect();
    fail_with(&wrong, "begin with a `//!` line");
}

#[test]
fn nothing_is_left_to_be_done() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                wrong.push(format!("{name}:{}", number + 1));
            }
        }
    }
    fail_with(&wrong, "do it or leave it out");
}

#[test]
fn the_released_build_carries_no_simulated_network() {
    let manifest = fs::read_to_string(root().join("crates/server/Cargo.toml")).expect("a manifest");
    assert!(
        !manifest.contains("default = ["),
        "`sandbox` must not become a default feature"
    );
    assert!(manifest.contains("wanet = { workspace = true, optional = true }"));
}

#[test]
fn the_server_does_not_log_what_libraries_write() {
    // These also take the records of the `log` crate, in which the protocol library names phone numbers.
    let bridges = [".try_init(", ".init(", "LogTracer"];
    let wrong: Vec<_> = files("crates/server/src", ".rs")
        .into_iter()
        .filter(|(_, text)| bridges.iter().any(|bridge| text.contains(bridge)))
        .map(|(name, _)| name)
        .collect();
    fail_with(&wrong, "use `set_global_default`");
}
