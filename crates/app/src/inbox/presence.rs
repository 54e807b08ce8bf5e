//! Who looks at a chat or writes in it right now, for their colleagues. Nothing of it is kept.

use std::sync::Arc;

use pesan_model::inbox::{ChatPresence, PresenceState};
use pesan_model::{ChatId, Permission};
use pesan_store::{chat, user};

use crate::access::{Caller, Principal};
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};

/// Tells the live streams of colleagues what the caller does in a chat.
///
/// # Errors
/// [`Error::Conflict`] with `not_a_person` for a program.
pub async fn tell(app: &Arc<App>, caller: &Caller, chat_id: ChatId, state: PresenceState) -> Result<()> {
    caller.require(Permission::MessagesRead)?;
    let (organization, principal) = (caller.organization_id, caller.principal);
    let presence = app
        .store
        .read::<_, Error, _>(move |tx| {
            Box::pin(async move {
                chat::get(tx, organization, chat_id).await?;
                let Principal::User(user_id) = principal else {
                    return Err(Error::Conflict {
                        code: "not_a_person",
                        detail: "only people are seen by their colleagues".to_owned(),
                    });
                };
                let name = user::get(tx, organization, user_id).await?.name;
                Ok(ChatPresence {
                    chat_id,
                    user_id,
                    name,
                    state,
                })
            })
        })
        .await?;
    app.bus.publish(Signal::Presence(organization, Arc::new(presence)));
    Ok(())
}
