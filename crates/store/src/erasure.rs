//! Who was erased while the event log still tells of them: how far it was looked through.

use pesan_model::chat::ErasedContact;
use pesan_model::{ChatId, OrganizationId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::EventText;
use crate::{Error, Tx, args, event, rows};

/// What events about somebody are known by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// Beginnings of JSON strings: ids, addresses, numbers.
    pub names: Vec<String>,
    /// Groups: the line of each shows what was said in it last.
    pub groups: Vec<ChatId>,
}

impl Traces {
    /// Whether an event tells of them.
    pub fn are_in(&self, event: &EventText) -> bool {
        let is_line = event.name() == "chat.updated" && event.chat_id().is_some_and(|chat| self.groups.contains(&chat));
        is_line
            || self
                .names
                .iter()
                .any(|name| event.body().contains(&format!("\"{name}")))
    }
}

/// The log is looked through for somebody.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// Its id.
    pub id: Uuid,
    /// What events about them are known by.
    pub traces: Traces,
    /// What is put in the place of each.
    pub erased: ErasedContact,
    /// After this place the log is still to be looked through.
    pub place: i64,
    /// Up to and with this one.
    pub upto: i64,
}

rows! {
    struct ErasureRow {
        id: Uuid,
        traces: String,
        erased: String,
        place: i64,
        upto: i64,
    }
}

impl ErasureRow {
    fn into_erasure(self) -> Result<Erasure, Error> {
        Ok(Erasure {
            id: self.id,
            traces: serde_json::from_str(&self.traces).map_err(|error| Error::corrupt("erasure", error))?,
            erased: serde_json::from_str(&self.erased).map_err(|error| Error::corrupt("erasure", error))?,
            place: self.place,
            upto: self.upto,
        })
    }
}

/// Somebody is erased: what is in the log by now is to be looked through. After the events of the same transaction that are
/// to stay, call [`set_upto`].
pub async fn insert(
    tx: &mut Tx<'_>,
    organization_id: OrganizationId,
    (id, traces, erased): (Uuid, &Traces, &ErasedContact),
) -> Result<(), Error> {
    let traces = serde_json::to_string(traces).map_err(|error| Error::corrupt("erasure", error))?;
    let erased = serde_json::to_string(erased).map_err(|error| Error::corrupt("erasure", error))?;
    let place = event::seq_before_kept(tx, organization_id).await?;
    tx.execute(
        "INSERT INTO erasure (id, organization_id, traces, erased, place, upto) VALUES ($1, $2, $3, $4, $5, $5)",
        args![id, organization_id, traces, erased, place],
    )
    .await?;
    Ok(())
}

/// The last events of the log, so many of them, are those that tell of the erasure: all before them is looked through.
/// Called with the log's counter held, so that nothing comes in between.
pub async fn set_upto(tx: &mut Tx<'_>, organization_id: OrganizationId, id: Uuid, told: usize) -> Result<(), Error> {
    let upto = event::last_seq(tx, organization_id).await? - told as i64;
    tx.execute(
        "UPDATE erasure SET upto = $3 WHERE organization_id = $1 AND id = $2",
        args![organization_id, id, upto],
    )
    .await?;
    Ok(())
}

/// One that is under way; `None` when it is done.
pub async fn find(tx: &mut Tx<'_>, organization_id: OrganizationId, id: Uuid) -> Result<Option<Erasure>, Error> {
    let sql = format!(
        "SELECT {} FROM erasure WHERE organization_id = $1 AND id = $2",
        ErasureRow::COLUMNS
    );
    tx.fetch_optional::<ErasureRow>(&sql, args![organization_id, id])
        .await?
        .map(ErasureRow::into_erasure)
        .transpose()
}

/// The log was looked through up to and with this place.
pub async fn advance(tx: &mut Tx<'_>, organization_id: OrganizationId, id: Uuid, place: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE erasure SET place = $3 WHERE organization_id = $1 AND id = $2",
        args![organization_id, id, place],
    )
    .await?;
    Ok(())
}

/// All of it was.
pub async fn finish(tx: &mut Tx<'_>, organization_id: OrganizationId, id: Uuid) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM erasure WHERE organization_id = $1 AND id = $2",
        args![organization_id, id],
    )
    .await?;
    Ok(())
}
