//! Values of the installation as a whole.

use crate::{Error, Tx, args};

/// The value, if there is one.
pub async fn find(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>, Error> {
    let value: Option<(String,)> = tx
        .fetch_optional("SELECT value FROM setting WHERE key = $1", args![key])
        .await?;
    Ok(value.map(|(value,)| value))
}

/// Sets the value.
pub async fn set(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        args![key, value],
    )
    .await?;
    Ok(())
}

/// Takes the value out when it is this one, and says whether it was. Of two at the same time one succeeds.
pub async fn take(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<bool, Error> {
    let taken = tx
        .execute("DELETE FROM setting WHERE key = $1 AND value = $2", args![key, value])
        .await?;
    Ok(taken == 1)
}
