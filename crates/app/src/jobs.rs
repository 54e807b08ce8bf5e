//! Work that is done later: one file each.

use std::sync::Arc;
use std::time::Duration;

use crate::context::App;
use crate::error::Result;

pub mod alert_drop;
pub mod auto_close;
pub mod count_backlog;
pub mod count_giving;
pub mod delete_files;
pub mod deliver_webhook;
pub mod end_snooze;
pub mod fetch_media;
pub mod follow_segments;
pub mod forget;
pub mod forget_traces;
pub mod index_contacts;
pub mod index_messages;
pub mod refresh_group;
pub mod remind;
pub mod retention;
pub mod send_mail;

/// How long work on what was there before waits after a failure, and for what was just being changed.
const PAUSE: Duration = Duration::from_secs(10);

/// Does work on what was there before until it says that nothing is left, or the process ends; the next start goes on.
/// After a failure it pauses and tries again.
pub async fn until_done<W>(app: Arc<App>, pause: Duration, what: &'static str, work: impl Fn(Arc<App>) -> W)
where
    W: Future<Output = Result<bool>>,
{
    loop {
        match work(app.clone()).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "could not {what}; trying again"),
        }
        tokio::select! {
            () = app.lifecycle.soft().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
