//! What the crash test and the benchmarks share: the programs they start, clients for their interfaces, a webhook
//! receiver, and figures. No part of the product.

pub mod benchmarks;
pub mod chaos;
pub mod figures;
pub mod pesan;
pub mod phones;
pub mod programs;
pub mod quick_http;
pub mod receiver;
pub mod seeded;

/// What goes wrong here ends the program with a sentence.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Makes TLS possible for every client of this process. Call it first.
pub fn install_tls() {
    // Fails only when it was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
