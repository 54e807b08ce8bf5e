//! `pesan key`

use clap::{Args, Subcommand};
use pesan_app::Caller;
use pesan_app::access::keys::{self, NewKey};
use pesan_model::{ApiKeyId, OrganizationId, Permission};

use super::user::{explained, organization};
use super::{Common, print};
use crate::run::{Opened, StartError};

/// More keys than one organization has.
const ALL: usize = 100_000;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    common: Common,
    /// Whose keys; the first organization's when it is left out.
    #[arg(long, global = true, value_name = "ID")]
    organization: Option<OrganizationId>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a key and print it, this once.
    #[command(visible_alias = "create")]
    Add {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may do, separated by commas: `messages:send,messages:read`; `*` for everything.
        #[arg(long, default_value = "*", value_parser = scopes)]
        scopes: Scopes,
    },
    /// List the keys.
    List,
    /// Revoke a key.
    Revoke {
        /// Which, as `list` shows it.
        id: ApiKeyId,
    },
}

#[derive(Debug, Clone)]
struct Scopes(Vec<Permission>);

fn scopes(text: &str) -> Result<Scopes, String> {
    if text == "*" {
        return Ok(Scopes(Permission::ALL.to_vec()));
    }
    let known = || Permission::ALL.map(Permission::name).join(", ");
    text.split(',')
        .map(str::trim)
        .map(|name| Permission::from_name(name).ok_or_else(|| format!("`{name}` is not one of {}", known())))
        .collect::<Result<_, _>>()
        .map(Scopes)
}

pub(super) async fn run(options: Options) -> Result<(), StartError> {
    let config = options.common.load()?;
    let opened = Opened::existing(&config).await?;
    let app = &opened.app;
    let organization = organization(app, options.organization).await?.ok_or_else(|| {
        StartError::Other("there is no organization yet; add its owner with `pesan user add`".to_owned())
    })?;
    let caller = Caller::system(organization);
    match options.action {
        Action::Add { name, scopes } => {
            let new = NewKey { name, scopes: scopes.0 };
            let created = keys::create(app, &caller, new, None).await.map_err(explained)?;
            print(&format!("{}\n", created.key.unwrap_or_default()))?;
        }
        Action::List => {
            let found = keys::list(app, &caller, None, ALL).await?;
            if found.is_empty() {
                print("There is no key yet; add one with `pesan key add`.\n")?;
            }
            for key in found {
                let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
                let used = key
                    .last_used_at
                    .map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
                print(&format!(
                    "{} {}… {} [{}] {used}\n",
                    key.id,
                    key.hint,
                    key.name,
                    scopes.join(",")
                ))?;
            }
        }
        Action::Revoke { id } => {
            keys::revoke(app, &caller, id).await?;
            print(&format!("Revoked {id}.\n"))?;
        }
    }
    app.store.close().await;
    Ok(())
}
