//! Writes to people about an account that was connected and stays away.

use std::sync::Arc;

use pesan_model::access::{Language, Preferences, User};
use pesan_model::{AccountId, Role};
use pesan_store::account::{self, alert};
use pesan_store::job::{self, Job};
use pesan_store::user;

use crate::accounts::is_dropped;
use crate::bus::Signal;
use crate::context::App;
use crate::error::{Error, Result};
use crate::mail::{self, Mail};
use crate::worker;

/// Runs until the process ends.
pub async fn run(app: Arc<App>) {
    worker::run(app, job::ALERT_DROP, 1, tell).await;
}

async fn tell(app: Arc<App>, job: Job) {
    let written = worker::write_down(&app.lifecycle, "write mail about an account", || {
        write(&app, job.clone())
    });
    if written.await.is_some() {
        app.bus.publish(Signal::Jobs(job::SEND_MAIL));
    }
}

async fn write(app: &Arc<App>, job: Job) -> Result<()> {
    let (organization, id) = (job.organization_id(), AccountId::from(job.subject()));
    let key = app.organization_key(organization).await?;
    let owned = app.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let account = account::get(tx, organization, id).await?;
                if is_dropped(&account) && alert::alerted_at(tx, organization, id).await?.is_none() {
                    let queued = job::count_partition(tx, job::SEND_MESSAGE, id.uuid()).await?;
                    let minutes = owned.settings.limits.drop_alert.as_secs() / 60;
                    let link = format!("{}/accounts?link={id}", owned.settings.public_url);
                    for (user, preferences) in user::list_preferences(tx, organization).await? {
                        if !wants(&user, &preferences) {
                            continue;
                        }
                        let language = preferences.language.unwrap_or(Language::En);
                        let content = mail::dropped(language, &account.name, minutes, queued, &link);
                        let mail = Mail {
                            to: user.email,
                            content,
                        };
                        mail::write(&owned, tx, organization, &key, &mail).await?;
                    }
                    alert::set_alerted(tx, organization, id, Some(owned.clock.now())).await?;
                }
                job::finish(tx, job::ALERT_DROP, &job).await?;
                Ok(())
            })
        })
        .await
}

/// Whether somebody gets mail about accounts.
fn wants(user: &User, preferences: &Preferences) -> bool {
    preferences.mail_on_drop.unwrap_or(match user.role {
        Role::Owner | Role::Admin => true,
        Role::Agent => false,
    })
}
