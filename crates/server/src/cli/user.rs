//! `pesan user`

use std::sync::Arc;

use clap::{Args, Subcommand};
use pesan_app::access::organizations;
use pesan_app::access::users::{self, NewUser};
use pesan_app::{App, Caller};
use pesan_model::{OrganizationId, Role};

use super::{Common, print};
use crate::run::{Opened, StartError};

/// More people than one organization has.
const ALL: usize = 100_000;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a person. The first one becomes the owner of a new organization.
    #[command(visible_alias = "create")]
    Add {
        /// What they log in with.
        #[arg(long)]
        email: String,
        /// What to call them.
        #[arg(long)]
        name: String,
        /// `owner` (when it is left out), `admin` or `agent`.
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        /// Make a new organization with this name, with them as its owner.
        #[arg(long, value_name = "NAME", conflicts_with = "role")]
        new_organization: Option<String>,
        /// The organization they join; the first one when it is left out.
        #[arg(long, value_name = "ID", conflicts_with = "new_organization")]
        organization: Option<OrganizationId>,
        /// Read the password from standard input instead of making one up.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set somebody's password and end their log-ins.
    Password {
        /// What they log in with.
        #[arg(long)]
        email: String,
        /// Read the password from standard input instead of making one up.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List everybody.
    List,
}

fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "must be owner, admin or agent".to_owned())
}

pub(super) async fn run(options: Options) -> Result<(), StartError> {
    let config = options.common.load()?;
    let opened = match &options.action {
        // The first person may come before the first start.
        Action::Add { .. } => Opened::new(&config).await?,
        Action::Password { .. } | Action::List => Opened::existing(&config).await?,
    };
    let app = &opened.app;
    match options.action {
        Action::Add {
            email,
            name,
            role,
            new_organization,
            organization,
            password_stdin,
        } => {
            let password = Password::get(password_stdin)?;
            let new = NewUser {
                email,
                name,
                password: password.text.clone(),
            };
            let joined = match &new_organization {
                Some(_) => None,
                None => self::organization(app, organization).await?,
            };
            let user = match (joined, role.unwrap_or(Role::Owner)) {
                (Some(id), role) => {
                    let created = users::create(app, &Caller::system(id), (new, role), None).await;
                    created.map(|(user, _)| user)
                }
                (None, Role::Owner) => {
                    organizations::create(app, new_organization.as_deref().unwrap_or("Pesan"), new).await
                }
                (None, Role::Admin | Role::Agent) => {
                    return Err(StartError::Other(
                        "the first person becomes the owner; leave out --role".to_owned(),
                    ));
                }
            }
            .map_err(explained)?;
            print(&format!(
                "Added {} as {} ({}).\n{}",
                user.email,
                user.role.name(),
                user.id,
                password.told()
            ))?;
        }
        Action::Password { email, password_stdin } => {
            let password = Password::get(password_stdin)?;
            let user = users::set_password(app, &email, password.text.clone())
                .await
                .map_err(explained)?;
            print(&format!("Set the password of {}.\n{}", user.email, password.told()))?;
        }
        Action::List => {
            let found = organizations::list_ids(app).await?;
            if found.is_empty() {
                print("There is nobody yet; add the owner with `pesan user add`.\n")?;
            }
            for organization in found {
                let caller = Caller::system(organization);
                print(&format!(
                    "{} {organization}\n",
                    organizations::name(app, &caller).await?
                ))?;
                for user in users::list(app, &caller, None, ALL).await? {
                    print(&format!(
                        "  {} {} {} ({})\n",
                        user.id,
                        user.role.name(),
                        user.email,
                        user.name
                    ))?;
                }
            }
        }
    }
    app.store.close().await;
    Ok(())
}

/// The organization that is asked for, or the first one; nothing when there is none yet.
pub(super) async fn organization(
    app: &Arc<App>,
    asked: Option<OrganizationId>,
) -> Result<Option<OrganizationId>, StartError> {
    let known = organizations::list_ids(app).await?;
    match asked {
        Some(id) if !known.contains(&id) => Err(StartError::Other(format!(
            "there is no organization {id}; `pesan user list` shows them"
        ))),
        Some(id) => Ok(Some(id)),
        None => Ok(known.first().copied()),
    }
}

/// A password, and whether it was made up here.
struct Password {
    text: String,
    is_made_up: bool,
}

impl Password {
    /// Never from the command line, which others on the machine can read.
    fn get(from_stdin: bool) -> Result<Self, StartError> {
        if from_stdin {
            let mut text = String::new();
            std::io::stdin()
                .read_line(&mut text)
                .map_err(|error| StartError::Other(format!("could not read the password: {error}")))?;
            return Ok(Self {
                text: text.trim_end_matches(['\r', '\n']).to_owned(),
                is_made_up: false,
            });
        }
        Ok(Self {
            text: super::made_up_password(),
            is_made_up: true,
        })
    }

    fn told(&self) -> String {
        if self.is_made_up {
            format!("Password: {}\n", self.text)
        } else {
            String::new()
        }
    }
}

/// Field errors with their fields, which stand in a problem's list otherwise.
pub(super) fn explained(error: pesan_app::Error) -> StartError {
    match error {
        pesan_app::Error::Invalid(fields) => {
            let texts: Vec<_> = fields
                .iter()
                .map(|field| format!("{} {}", field.pointer.trim_start_matches('/'), field.flaw))
                .collect();
            StartError::Other(texts.join("; "))
        }
        error => StartError::App(error),
    }
}
