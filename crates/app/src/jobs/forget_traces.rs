//! Takes out of the event log what it tells of people who were erased. The log can be long: it is looked through in steps, and
//! the next start goes on where this one was.

use std::sync::Arc;

use pesan_store::job::{self, Job};

use crate::contacts::erasing;
use crate::context::App;
use crate::worker;

/// Runs until the process ends. One at a time: nobody waits for it.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::FORGET_TRACES, 1, forget).await;
}

async fn forget(app: Arc<App>, job: Job) {
    while !app.lifecycle.soft().is_cancelled() {
        let some = worker::write_down(&app.lifecycle, "forget what the log tells of somebody", || {
            erasing::forget_some(&app, job.clone())
        });
        if some.await != Some(true) {
            return;
        }
    }
}
