//! What WhatsApp said about numbers, kept for a while.

use pesan_model::{AccountId, Address, Phone, Timestamp};

use crate::{Error, Tx, args, rows};

rows! {
    /// What WhatsApp said about a number.
    pub struct StoredCheck {
        address: Option<String>,
        lid: Option<String>,
        checked_at: Timestamp,
    }
}

impl StoredCheck {
    /// A fresh answer.
    pub fn new(address: Option<String>, lid: Option<String>, checked_at: Timestamp) -> Self {
        Self {
            address,
            lid,
            checked_at,
        }
    }

    /// WhatsApp's address of it; none when it is not on WhatsApp.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The form in which WhatsApp knows the number that was asked about, where that is another one.
    pub fn other_form(&self, asked: &Phone) -> Option<Phone> {
        match self.address()?.parse() {
            Ok(Address::Phone(known)) if known != *asked => Some(known),
            Ok(_) | Err(_) => None,
        }
    }

    /// WhatsApp's own id of the person.
    pub fn lid(&self) -> Option<&str> {
        self.lid.as_deref()
    }

    /// When it was asked.
    pub fn checked_at(&self) -> Timestamp {
        self.checked_at
    }
}

/// What an account was told about a number since `since`.
pub async fn get(
    tx: &mut Tx<'_>,
    account_id: AccountId,
    phone: &Phone,
    since: Timestamp,
) -> Result<Option<StoredCheck>, Error> {
    let sql = format!(
        "SELECT {} FROM number_check WHERE account_id = $1 AND phone = $2 AND checked_at >= $3",
        StoredCheck::COLUMNS
    );
    tx.fetch_optional(&sql, args![account_id, phone.digits(), since]).await
}

/// Remembers what an account was told about a number.
pub async fn put(tx: &mut Tx<'_>, account_id: AccountId, phone: &Phone, check: &StoredCheck) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO number_check (account_id, phone, address, lid, checked_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (account_id, phone) DO UPDATE \
         SET address = excluded.address, lid = excluded.lid, checked_at = excluded.checked_at",
        args![
            account_id,
            phone.digits(),
            check.address.as_ref(),
            check.lid.as_ref(),
            check.checked_at
        ],
    )
    .await?;
    Ok(())
}
