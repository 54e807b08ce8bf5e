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

/// Starts a task. What runs here is awaited, or ends with the program.
#[expect(
    clippy::disallowed_methods,
    reason = "the product's tasks are tracked to end in order; a test program's need not"
)]
pub(crate) fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(task)
}
