//! How far what was there before the search has been made findable.

use uuid::Uuid;

use crate::{Error, Tx, args};

/// Messages.
pub const MESSAGE: &str = "message";
/// The subjects of groups.
pub const CHAT: &str = "chat";

/// Up to this id nothing is findable yet; `None` when all is.
pub async fn find(tx: &mut Tx<'_>, kind: &str) -> Result<Option<Uuid>, Error> {
    let found: Option<(Uuid,)> = tx
        .fetch_optional("SELECT up_to FROM search_backlog WHERE kind = $1", args![kind])
        .await?;
    Ok(found.map(|(up_to,)| up_to))
}

/// All down to this id is findable.
pub async fn advance(tx: &mut Tx<'_>, kind: &str, up_to: Uuid) -> Result<(), Error> {
    tx.execute(
        "UPDATE search_backlog SET up_to = $1 WHERE kind = $2",
        args![up_to, kind],
    )
    .await?;
    Ok(())
}

/// All is findable.
pub async fn finish(tx: &mut Tx<'_>, kind: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM search_backlog WHERE kind = $1", args![kind])
        .await?;
    Ok(())
}
