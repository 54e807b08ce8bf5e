//! The segments that lists of chats are walked by. What changes of one person is followed in the transaction of the
//! change; what changes for everybody, the day, the rules and what others give, is followed here, a few people at a time.

use std::sync::Arc;

use pesan_model::{ContactId, OrganizationId};
use pesan_store::contact::{self, ContactRow};
use pesan_store::donor_basis::{self, Basis};
use pesan_store::{Error as StoreError, Tx, chat};

use crate::context::App;
use crate::error::{Error, Result};

/// Hinted at when what segments go by changed for everybody of an organization.
pub(crate) const BASIS_CHANGED: &str = "donor_basis";

/// People that are looked at in one go, and that are written in one transaction: each of them is locked until its end.
const LOOKED_AT: usize = 200;
const WRITTEN: usize = 10;

/// What segments of an organization go by right now. As long as it is the same, time alone moves nobody.
pub async fn basis(app: &Arc<App>, organization: OrganizationId) -> Result<Basis> {
    let now = app.clock.now();
    Ok(app
        .store
        .read(move |tx| Box::pin(async move { donor_basis::read(tx, organization, now).await }))
        .await?)
}

/// Looks at everybody of an organization, and moves the chats of those who are in another segment by now. Says how many
/// people that were.
pub async fn follow(app: &Arc<App>, organization: OrganizationId) -> Result<usize> {
    let (mut moved, mut before) = (0, None);
    loop {
        let (last, changed) = look(app, organization, before).await?;
        for people in changed.chunks(WRITTEN) {
            write(app, organization, people.to_vec()).await?;
        }
        moved += changed.len();
        before = last;
        if before.is_none() || app.lifecycle.soft().is_cancelled() {
            return Ok(moved);
        }
    }
}

/// A page of people, from the newest to the oldest: where the next begins, and whose chats say another segment.
async fn look(
    app: &Arc<App>,
    organization: OrganizationId,
    before: Option<ContactId>,
) -> Result<(Option<ContactId>, Vec<ContactId>)> {
    let now = app.clock.now();
    app.store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let basis = donor_basis::read(tx, organization, now).await?;
                let people = contact::list(tx, organization, before, LOOKED_AT).await?;
                let last = people.last().filter(|_| people.len() == LOOKED_AT).map(ContactRow::id);
                let mut changed = Vec::new();
                for person in &people {
                    if is_elsewhere(tx, organization, person, &basis).await? {
                        changed.push(person.id());
                    }
                }
                Ok((last, changed))
            })
        })
        .await
}

async fn is_elsewhere(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    person: &ContactRow,
    basis: &Basis,
) -> Result<bool, StoreError> {
    let known = chat::segments_of_person(tx, organization, person.id()).await?;
    if known.is_empty() {
        return Ok(false);
    }
    let segment = basis.segment_of(tx, organization, person).await?;
    Ok(known.into_iter().any(|known| known != Some(segment)))
}

async fn write(app: &Arc<App>, organization: OrganizationId, mut people: Vec<ContactId>) -> Result<()> {
    let now = app.clock.now();
    // Whoever locks several people takes them in this order.
    people.sort_unstable();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                for id in people {
                    let person = match contact::lock_person(tx, organization, id).await {
                        Ok(person) => person,
                        // They became one with somebody else meanwhile, which follows by itself.
                        Err(StoreError::NotFound { .. }) => continue,
                        Err(error) => return Err(error.into()),
                    };
                    chat::follow_person(tx, organization, person.id(), now).await?;
                }
                Ok(())
            })
        })
        .await
}
