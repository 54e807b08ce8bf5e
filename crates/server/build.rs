//! Puts the web app into the binary.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=PESAN_WITHOUT_UI");
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = manifest.join("../../web/dist");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    if env::var_os("PESAN_WITHOUT_UI").is_none_or(|value| value != "1") {
        println!("cargo::rerun-if-changed={}", dist.display());
        if !dist.join("index.html").exists() {
            println!(
                "cargo::error=the web app is not built: run `make web` first (or set PESAN_WITHOUT_UI=1 to build without it)"
            );
            return;
        }
        collect(&dist, &mut files);
    }
    files.sort();
    // What the build compressed stands beside it.
    let (brotli, files): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| file.extension().is_some_and(|extension| extension == "br"));
    let mut code = String::from("static FILES: &[File] = &[\n");
    for (number, file) in files.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", file.display());
        let content = fs::read(file).expect("a file of the web app is readable");
        // The same content always has the same hash: the hasher has fixed keys.
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let path = file.strip_prefix(&dist).expect("it is below it").display().to_string();
        // A copy, because the web app may be built anew while this crate compiles.
        let copy = |content: &[u8], ending: &str| {
            let copy = out.join(format!("web_file_{number}{ending}"));
            fs::write(&copy, content).expect("the build folder is writable");
            format!("include_bytes!({:?})", copy.display().to_string())
        };
        let compressed = file.with_added_extension("br");
        let brotli = if brotli.contains(&compressed) {
            println!("cargo::rerun-if-changed={}", compressed.display());
            let content = fs::read(&compressed).expect("a file of the web app is readable");
            format!("Some({})", copy(&content, ".br"))
        } else {
            "None".to_owned()
        };
        let etag = format!("\"{:016x}\"", hasher.finish());
        let content = copy(&content, "");
        writeln!(
            code,
            "    File {{ path: {path:?}, etag: {etag:?}, content: {content}, brotli: {brotli} }},"
        )
        .expect("writing to a String cannot fail");
    }
    code.push_str("];\n");
    fs::write(out.join("web_files.rs"), code).expect("the build folder is writable");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the web app's folder is readable") {
        let path = entry.expect("its entries are readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
