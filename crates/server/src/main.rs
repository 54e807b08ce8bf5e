//! The binary.

use std::io::Write as _;

fn main() {
    let _ = std::io::stdout().write_all(pesan::http::openapi_text().as_bytes());
}
