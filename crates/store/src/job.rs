//! The queue: work that must be done, in the same transaction as the change that asks for it.
//!
//! Work in one *lane* is done in the order it was added: only the head of a lane can be claimed, and a head that waits
//! for its next try holds its lane and no other. Work of one *partition* (an account, a webhook) is claimed together,
//! because it is done in one place. A claim names the start of the process that made it: after a crash the next start
//! takes the work over at once.

pub mod lane;
pub mod scheduled;

use pesan_model::{JobId, OrganizationId, Timestamp};
use uuid::Uuid;

use crate::{Error, Tx, args, dialect, rows};

/// Send a message: partition is its account, lane its chat, subject the message. Until its time has come, the lane of one
/// that is scheduled is itself (see [`scheduled`]).
pub const SEND_MESSAGE: &str = "send_message";
/// Deliver an event to a webhook: partition is the webhook, subject the delivery.
pub const DELIVER_WEBHOOK: &str = "deliver_webhook";
/// Fetch a file that came in: partition is its account, lane and subject the file.
pub const FETCH_MEDIA: &str = "fetch_media";
/// Ask for the name of a group: partition is its account, lane and subject the chat.
pub const REFRESH_GROUP: &str = "refresh_group";
/// Send mail: partition is the organization, lane and subject the mail.
pub const SEND_MAIL: &str = "send_mail";
/// Tell people that an account stays disconnected: partition, lane and subject are the account.
pub const ALERT_DROP: &str = "alert_drop";
/// Open a chat that was put aside, when its time has come: partition is its account, lane and subject the chat.
pub const END_SNOOZE: &str = "end_snooze";
/// Remind somebody: partition, lane and subject are the reminder.
pub const REMIND: &str = "remind";
/// Take out of the event log what it tells of somebody who was erased: partition is the organization, lane and subject the
/// erasure.
pub const FORGET_TRACES: &str = "forget_traces";

/// Every kind.
pub const KINDS: [&str; 9] = [
    SEND_MESSAGE,
    DELIVER_WEBHOOK,
    FETCH_MEDIA,
    REFRESH_GROUP,
    SEND_MAIL,
    ALERT_DROP,
    END_SNOOZE,
    REMIND,
    FORGET_TRACES,
];

/// Work to add.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id: the order in its lane.
    pub id: JobId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What is to be done: a name that is stored and never changes.
    pub kind: &'static str,
    /// Where it is done.
    pub partition: Uuid,
    /// What it is in order with.
    pub lane: Uuid,
    /// What it is about. There is one job of a kind for each subject.
    pub subject: Uuid,
    /// Not before this time.
    pub run_at: Timestamp,
}

rows! {
    /// Work that was claimed.
    pub struct Job {
        id: JobId,
        organization_id: OrganizationId,
        partition: Uuid,
        lane: Uuid,
        subject: Uuid,
        attempts: u32,
        created_at: Timestamp,
    }
}

impl Job {
    /// Its id.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// Whose it is.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// Where it is done.
    pub fn partition(&self) -> Uuid {
        self.partition
    }

    /// What it is in order with.
    pub fn lane(&self) -> Uuid {
        self.lane
    }

    /// What it is about.
    pub fn subject(&self) -> Uuid {
        self.subject
    }

    /// How often it was claimed, this time included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When it was added.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// Adds work at the end of its lane. Does nothing when there is already a job of this kind for the subject.
pub async fn insert(tx: &mut Tx<'_>, job: &NewJob, now: Timestamp) -> Result<(), Error> {
    dialect::lock_lane(tx, job.lane).await?;
    tx.execute(
        "INSERT INTO job (id, organization_id, kind, partition, lane, is_head, is_running, subject, attempts, \
         run_at, created_at) \
         SELECT $1, $2, $3, $4, $5, NOT EXISTS (SELECT 1 FROM job WHERE kind = $3 AND lane = $5), $6, $7, 0, $8, $9 \
         WHERE 1 = 1 ON CONFLICT (kind, subject) DO NOTHING",
        args![
            job.id,
            job.organization_id,
            job.kind,
            job.partition,
            job.lane,
            false,
            job.subject,
            job.run_at,
            now
        ],
    )
    .await?;
    Ok(())
}

/// As [`insert`], at the place in its lane that its id gives it: before a head that is later and that nobody has begun
/// with.
pub async fn insert_in_place(tx: &mut Tx<'_>, job: &NewJob, now: Timestamp) -> Result<(), Error> {
    dialect::lock_lane(tx, job.lane).await?;
    tx.execute(
        "UPDATE job SET is_head = $1 WHERE kind = $2 AND lane = $3 AND is_head = $4 AND is_running = $1 \
         AND attempts = 0 AND id > $5",
        args![false, job.kind, job.lane, true, job.id],
    )
    .await?;
    insert(tx, job, now).await?;
    promote(tx, job.kind, job.lane).await?;
    Ok(())
}

/// Claims up to `limit` heads of a partition that are due, oldest first.
pub async fn claim_partition(
    tx: &mut Tx<'_>,
    kind: &'static str,
    partition: Uuid,
    claim: &Claim<'_>,
) -> Result<Vec<Job>, Error> {
    let sql = format!(
        "UPDATE job SET is_running = $1, claimed_by = $2, attempts = attempts + 1 WHERE id IN (\
         SELECT id FROM job WHERE kind = $3 AND partition = $4 AND is_head = $1 AND is_running = $5 AND run_at <= $6 \
         ORDER BY run_at, id LIMIT $7{}) RETURNING {}",
        dialect::skip_locked(tx),
        Job::COLUMNS
    );
    let values = args![true, claim.claimed_by, kind, partition, false, claim.now, claim.limit];
    let mut jobs: Vec<Job> = tx.fetch_all(&sql, values).await?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// Claims up to `limit` heads of any partition that are due, oldest first.
pub async fn claim_any(tx: &mut Tx<'_>, kind: &'static str, claim: &Claim<'_>) -> Result<Vec<Job>, Error> {
    let sql = format!(
        "UPDATE job SET is_running = $1, claimed_by = $2, attempts = attempts + 1 WHERE id IN (\
         SELECT id FROM job WHERE kind = $3 AND is_head = $1 AND is_running = $4 AND run_at <= $5 \
         ORDER BY run_at, id LIMIT $6{}) RETURNING {}",
        dialect::skip_locked(tx),
        Job::COLUMNS
    );
    let mut jobs: Vec<Job> = tx
        .fetch_all(&sql, args![true, claim.claimed_by, kind, false, claim.now, claim.limit])
        .await?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

/// Who claims how much.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// This start of the process.
    pub claimed_by: &'a str,
    /// The time.
    pub now: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// The work is done, or will not be done: deletes it and lets the next one in its lane be claimed. `false` when nothing
/// waits in the lane.
pub async fn finish(tx: &mut Tx<'_>, kind: &'static str, job: &Job) -> Result<bool, Error> {
    finish_in_lane(tx, kind, job.lane, "id", job.id.uuid()).await
}

/// As [`finish`], by what the job is about, running or not. Says whether there was one.
pub async fn finish_subject(tx: &mut Tx<'_>, kind: &'static str, subject: Uuid) -> Result<bool, Error> {
    // A change, so that nobody moves it to another lane meanwhile.
    let lane: Option<(Uuid,)> = tx
        .fetch_optional(
            "UPDATE job SET attempts = attempts WHERE kind = $1 AND subject = $2 RETURNING lane",
            args![kind, subject],
        )
        .await?;
    let Some((lane,)) = lane else { return Ok(false) };
    finish_in_lane(tx, kind, lane, "subject", subject).await?;
    Ok(true)
}

/// As [`finish_subject`], unless the work runs right now.
pub async fn finish_waiting(tx: &mut Tx<'_>, kind: &'static str, subject: Uuid) -> Result<bool, Error> {
    let lane: Option<(Uuid,)> = tx
        .fetch_optional(
            "UPDATE job SET claimed_by = NULL WHERE kind = $1 AND subject = $2 AND is_running = $3 RETURNING lane",
            args![kind, subject, false],
        )
        .await?;
    let Some((lane,)) = lane else { return Ok(false) };
    finish_in_lane(tx, kind, lane, "subject", subject).await?;
    Ok(true)
}

/// Whether there is work of a kind about a subject, running or not.
pub async fn is_there(tx: &mut Tx<'_>, kind: &'static str, subject: Uuid) -> Result<bool, Error> {
    let found: Option<(JobId,)> = tx
        .fetch_optional(
            "SELECT id FROM job WHERE kind = $1 AND subject = $2",
            args![kind, subject],
        )
        .await?;
    Ok(found.is_some())
}

async fn finish_in_lane(
    tx: &mut Tx<'_>,
    kind: &'static str,
    lane: Uuid,
    column: &'static str,
    value: Uuid,
) -> Result<bool, Error> {
    dialect::lock_lane(tx, lane).await?;
    let sql = format!("DELETE FROM job WHERE kind = $1 AND {column} = $2 RETURNING lane");
    let deleted: Option<(Uuid,)> = tx.fetch_optional(&sql, args![kind, value]).await?;
    let Some((last,)) = deleted else {
        // Somebody else finished it, and let the next one be claimed.
        return Ok(true);
    };
    if last != lane {
        // While it ran, its lane became part of another one.
        dialect::lock_lane(tx, last).await?;
    }
    promote(tx, kind, last).await
}

/// Makes the first of a lane its head, unless the lane has one. Ids need not follow the order of adding, so the head is
/// not always the first. Says whether there is a new head.
pub(crate) async fn promote(tx: &mut Tx<'_>, kind: &'static str, lane: Uuid) -> Result<bool, Error> {
    let promoted = tx
        .execute(
            "UPDATE job SET is_head = $1 WHERE id = (\
         SELECT id FROM job WHERE kind = $2 AND lane = $3 ORDER BY id LIMIT 1) \
         AND NOT EXISTS (SELECT 1 FROM job WHERE kind = $2 AND lane = $3 AND is_head = $1)",
            args![true, kind, lane],
        )
        .await?;
    Ok(promoted > 0)
}

/// Gives claimed work back, to be claimed again at `run_at`. It stays the head of its lane.
pub async fn retry_at(tx: &mut Tx<'_>, job: &Job, run_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE job SET is_running = $1, claimed_by = NULL, run_at = $2 WHERE id = $3",
        args![false, run_at, job.id],
    )
    .await?;
    Ok(())
}

/// Gives claimed work back as if it had not been claimed: the try does not count.
pub async fn snooze_until(tx: &mut Tx<'_>, job: &Job, run_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE job SET is_running = $1, claimed_by = NULL, run_at = $2, attempts = attempts - 1 WHERE id = $3",
        args![false, run_at, job.id],
    )
    .await?;
    Ok(())
}

/// Lets the work about a subject wait until `run_at`. Does nothing while it runs.
pub async fn put_off(tx: &mut Tx<'_>, kind: &'static str, subject: Uuid, run_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE job SET run_at = $1 WHERE kind = $2 AND subject = $3 AND is_running = $4",
        args![run_at, kind, subject, false],
    )
    .await?;
    Ok(())
}

/// Makes waiting work of a partition due now, because what it waited for has come. What waits for a time that somebody
/// chose goes on to wait for that ([`scheduled`]). Says how much there is.
pub async fn wake_partition(
    tx: &mut Tx<'_>,
    kind: &'static str,
    partition: Uuid,
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        "UPDATE job SET run_at = $1 \
         WHERE kind = $2 AND partition = $3 AND is_head = $4 AND is_running = $5 AND run_at > $1 \
         AND NOT (kind = 'send_message' AND lane = subject)",
        args![now, kind, partition, true, false],
    )
    .await
}

/// When the next head is due: of one partition, or of all.
pub async fn next_due(
    tx: &mut Tx<'_>,
    kind: &'static str,
    partition: Option<Uuid>,
) -> Result<Option<Timestamp>, Error> {
    let found: Option<(Timestamp,)> = match partition {
        Some(partition) => {
            tx.fetch_optional(
                "SELECT run_at FROM job WHERE kind = $1 AND partition = $2 AND is_head = $3 AND is_running = $4 \
                 ORDER BY run_at LIMIT 1",
                args![kind, partition, true, false],
            )
            .await?
        }
        None => {
            tx.fetch_optional(
                "SELECT run_at FROM job WHERE kind = $1 AND is_head = $2 AND is_running = $3 ORDER BY run_at LIMIT 1",
                args![kind, true, false],
            )
            .await?
        }
    };
    Ok(found.map(|(run_at,)| run_at))
}

/// Gives back what earlier starts of this node had claimed, and nodes that run no account any more: their folder is gone,
/// or the database was restored without it. Run before the first claim, and when an account is taken over.
pub async fn rescue_orphans(tx: &mut Tx<'_>, node: &str, start: &str, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE job SET is_running = $1, claimed_by = NULL WHERE is_running = $2 AND claimed_by <> $3 \
         AND (claimed_by LIKE $4 OR NOT EXISTS (SELECT 1 FROM lease WHERE lease.owner <> '' \
         AND lease.expires_at > $5 AND job.claimed_by LIKE lease.owner || '/%'))",
        args![false, true, start, format!("{node}/%"), now],
    )
    .await
}

/// Gives back what any other start had claimed of a partition: whoever runs an account is alone with its work.
pub async fn take_over_partition(
    tx: &mut Tx<'_>,
    kind: &'static str,
    partition: Uuid,
    start: &str,
) -> Result<u64, Error> {
    tx.execute(
        "UPDATE job SET is_running = $1, claimed_by = NULL \
         WHERE kind = $2 AND partition = $3 AND is_head = $4 AND is_running = $4 AND claimed_by <> $5",
        args![false, kind, partition, true, start],
    )
    .await
}

/// Gives back what this start has claimed without knowing it: the claim was committed, but the database was gone before it
/// could say so. `known` is what it knows of; nothing may be claimed meanwhile. The try does not count. Gives what is
/// given back, as it is then.
pub async fn give_back_unknown(
    tx: &mut Tx<'_>,
    kind: &'static str,
    partition: Option<Uuid>,
    (claimed_by, known): (&str, &[JobId]),
    now: Timestamp,
) -> Result<Vec<Job>, Error> {
    let mut sql = format!(
        "SELECT {} FROM job WHERE kind = $1 AND is_head = $2 AND is_running = $2 AND claimed_by = $3",
        Job::COLUMNS
    );
    let mut values = args![kind, true, claimed_by];
    if let Some(partition) = partition {
        sql.push_str(" AND partition = $4");
        values.extend(args![partition]);
    }
    let mut unknown: Vec<Job> = tx.fetch_all(&sql, values).await?;
    unknown.retain(|job| !known.contains(&job.id));
    for job in &mut unknown {
        snooze_until(tx, job, now).await?;
        job.attempts = job.attempts.saturating_sub(1);
    }
    Ok(unknown)
}

/// How much work of a kind waits or runs in a partition.
pub async fn count_partition(tx: &mut Tx<'_>, kind: &'static str, partition: Uuid) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one(
            "job",
            "SELECT COUNT(*) FROM job WHERE kind = $1 AND partition = $2",
            args![kind, partition],
        )
        .await?;
    Ok(count)
}

/// How much work of a kind waits or runs in all. For metrics and tests.
pub async fn count(tx: &mut Tx<'_>, kind: &'static str) -> Result<u64, Error> {
    let (count,): (u64,) = tx
        .fetch_one("job", "SELECT COUNT(*) FROM job WHERE kind = $1", args![kind])
        .await?;
    Ok(count)
}

/// How much work of one kind there is in all.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Which kind.
    pub kind: String,
    /// Under way.
    pub running: u64,
    /// Could begin now.
    pub due: u64,
    /// Waits for its time, or for what is before it in its lane.
    pub waiting: u64,
    /// When the oldest was added.
    pub oldest_at: Timestamp,
}

/// How much work there is of each kind that has any. Reads the whole queue: for figures, now and then.
pub async fn totals(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Totals>, Error> {
    let found: Vec<(String, u64, u64, u64, Timestamp)> = tx
        .fetch_all(
            "SELECT kind, COUNT(CASE WHEN is_running THEN 1 END), \
             COUNT(CASE WHEN NOT is_running AND is_head AND run_at <= $1 THEN 1 END), \
             COUNT(CASE WHEN NOT is_running AND NOT (is_head AND run_at <= $1) THEN 1 END), MIN(created_at) \
             FROM job GROUP BY kind ORDER BY kind",
            args![now],
        )
        .await?;
    let totals = found
        .into_iter()
        .map(|(kind, running, due, waiting, oldest_at)| Totals {
            kind,
            running,
            due,
            waiting,
            oldest_at,
        });
    Ok(totals.collect())
}
