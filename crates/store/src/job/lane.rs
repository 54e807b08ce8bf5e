//! Lanes that become one, and work that goes back to its place in one.

use pesan_model::Timestamp;
use uuid::Uuid;

use super::{Job, promote};
use crate::{Error, Tx, args, dialect};

/// The work of one lane goes on in another one, in the order of adding. What runs there or here is finished first.
pub(crate) async fn join(tx: &mut Tx<'_>, kind: &'static str, (gone, kept): (Uuid, Uuid)) -> Result<(), Error> {
    for lane in [gone.min(kept), gone.max(kept)] {
        dialect::lock_lane(tx, lane).await?;
    }
    tx.execute(
        "UPDATE job SET lane = $1, is_head = is_running WHERE kind = $2 AND lane IN ($1, $3)",
        args![kept, kind, gone],
    )
    .await?;
    promote(tx, kind, kept).await?;
    Ok(())
}

/// As [`super::retry_at`], for work whose lane may have become a part of another one: it goes to its place there, behind what
/// runs and what was added before it.
pub async fn retry_in_place(tx: &mut Tx<'_>, kind: &'static str, job: &Job, run_at: Timestamp) -> Result<(), Error> {
    let mut lane = job.lane;
    loop {
        // A lane is locked before its work, and may become a part of another one until it is.
        dialect::lock_lane(tx, lane).await?;
        let found: Option<(Uuid,)> = tx
            .fetch_optional("SELECT lane FROM job WHERE id = $1", args![job.id])
            .await?;
        match found {
            Some((now,)) if now != lane => lane = now,
            Some(_) => break,
            None => return Ok(()),
        }
    }
    tx.execute(
        "UPDATE job SET is_head = $1, is_running = $1, claimed_by = NULL, run_at = $2 WHERE id = $3",
        args![false, run_at, job.id],
    )
    .await?;
    promote(tx, kind, lane).await?;
    Ok(())
}
