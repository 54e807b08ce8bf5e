//! The sample data: a few phones, two of them linked, and chats between them.

use std::sync::Arc;
use std::time::Duration;

use pesan_app::accounts::{self, NewAccount};
use pesan_app::inbox::{self, Filter};
use pesan_app::messaging::{self, NewContent, NewMessage};
use pesan_app::{App, Caller};
use pesan_model::account::Account;
use pesan_model::{AccountId, AccountState, MessageId, MessageStatus};
use tokio::sync::broadcast::error::RecvError;
use wanet::{Network, NewPhone};

use crate::run::StartError;

/// Linking and the first messages take about a second; a slow machine may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with a phone.
pub(super) struct Person {
    pub(super) phone: &'static str,
    pub(super) name: &'static str,
}

const SHOP: Person = Person {
    phone: "6280000000001",
    name: "Toko Sejahtera",
};
const DELIVERY: Person = Person {
    phone: "6280000000002",
    name: "Kurir Sejahtera",
};
/// An account for people to link themselves.
pub(super) const UNLINKED: Person = Person {
    phone: "6280000000003",
    name: "Gudang Sejahtera",
};
const ANI: Person = Person {
    phone: "6280000000101",
    name: "Ani",
};
const BUDI: Person = Person {
    phone: "6280000000102",
    name: "Budi",
};
const CITRA: Person = Person {
    phone: "6280000000103",
    name: "Citra",
};

/// Makes phones, links two accounts and lets them chat. What an interrupted start already made is used again.
pub(super) async fn run(app: &Arc<App>, network: &Network, caller: &Caller) -> Result<(), StartError> {
    for person in [SHOP, DELIVERY, UNLINKED, ANI, BUDI, CITRA] {
        let new = NewPhone {
            phone: person.phone.to_owned(),
            push_name: Some(person.name.to_owned()),
            ..NewPhone::default()
        };
        network.add_phone(&new).map_err(simulated)?;
    }
    let shop = link(app, network, caller, &SHOP).await?;
    let delivery = link(app, network, caller, &DELIVERY).await?;
    account(app, caller, &UNLINKED).await?;

    let received = [
        (&ANI, &SHOP, "Halo, apakah kopi susu masih ada?"),
        (&BUDI, &SHOP, "Selamat pagi! Jam berapa toko buka hari ini?"),
        (&CITRA, &DELIVERY, "Paket saya sudah sampai mana?"),
        (&ANI, &SHOP, "Saya mau pesan dua kotak."),
    ];
    for (from, to, text) in received {
        network.phone_send_text(from.phone, to.phone, text).map_err(simulated)?;
    }
    wait(app, async || {
        let chats = inbox::chats(app, caller, Filter::default(), None, 10).await?;
        let unread: u32 = chats.iter().map(|chat| chat.unread).sum();
        Ok((unread >= 4).then_some(()))
    })
    .await?;
    let sent = [
        (shop, &ANI, "Masih ada, Kak. Dua kotak kami siapkan ya."),
        (shop, &BUDI, "Selamat pagi! Kami buka pukul 08.00 sampai 20.00."),
        (
            delivery,
            &CITRA,
            "Kurir kami sedang di jalan, tiba sekitar pukul 14.00.",
        ),
    ];
    for (account, to, text) in sent {
        let id = send(app, caller, account, (to, text)).await?;
        wait(app, async || {
            let message = messaging::get(app, caller, id).await?;
            let has_left = message.status != MessageStatus::Queued;
            Ok(has_left.then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn send(
    app: &Arc<App>,
    caller: &Caller,
    account_id: AccountId,
    (to, text): (&Person, &str),
) -> Result<MessageId, StartError> {
    let new = NewMessage {
        account_id,
        to: to.phone.to_owned(),
        content: NewContent::Text { body: text.to_owned() },
        reply_to: None,
        send_at: None,
        metadata: None,
    };
    Ok(messaging::send(app, caller, new, None).await?.message.id)
}

/// The account with this name, made when it is missing.
async fn account(app: &Arc<App>, caller: &Caller, person: &Person) -> Result<Account, StartError> {
    let known = accounts::list(app, caller, None, 100).await?;
    if let Some(account) = known.into_iter().find(|account| account.name == person.name) {
        return Ok(account);
    }
    Ok(accounts::create(app, caller, NewAccount::named(person.name), None)
        .await?
        .account)
}

/// Makes an account and lets the phone scan its code.
async fn link(app: &Arc<App>, network: &Network, caller: &Caller, person: &Person) -> Result<AccountId, StartError> {
    let id = account(app, caller, person).await?.id;
    accounts::connect(app, caller, id).await?;
    let code = wait(app, async || {
        let account = accounts::get(app, caller, id).await?;
        if account.state == AccountState::Connected {
            return Ok(Some(None));
        }
        Ok(accounts::qr(app, caller, id).await.ok().map(|qr| Some(qr.code)))
    })
    .await?;
    if let Some(code) = code {
        network.scan(person.phone, &code).await.map_err(simulated)?;
        wait(app, async || {
            let account = accounts::get(app, caller, id).await?;
            Ok((account.state == AccountState::Connected).then_some(()))
        })
        .await?;
    }
    Ok(id)
}

/// Looks whenever something happened, until there is something to see.
async fn wait<T>(app: &App, look: impl AsyncFn() -> pesan_app::Result<Option<T>>) -> Result<T, StartError> {
    let mut signals = app.bus.subscribe();
    let seen = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(seen) = look().await? {
                return Ok(seen);
            }
            if matches!(signals.recv().await, Err(RecvError::Closed)) {
                return Err(StartError::Other(
                    "the application ended while it was filled".to_owned(),
                ));
            }
        }
    });
    match seen.await {
        Ok(seen) => seen,
        Err(_) => Err(StartError::Other(
            "the sample data did not arrive in time; start again to go on".to_owned(),
        )),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn simulated(error: wanet::Error) -> StartError {
    StartError::Other(format!("the simulated network refused: {error}"))
}
