//! Who asks, and what they may do; people, keys, log-ins and the audit log.
//!
//! What a caller may do is decided here and nowhere else: every use case begins with [`Caller::require`].

pub mod audit;
pub mod authenticate;
mod cache;
pub mod invitations;
pub mod keys;
mod limiter;
pub mod log_in;
pub mod organizations;
mod password;
pub mod preferences;
pub mod remote_links;
pub mod setup;
mod token;
pub mod users;

pub use authenticate::Credentials;

use pesan_model::{ApiKeyId, OrganizationId, Permission, Role, UserId};
use pesan_store::{Tx, api_key, user};
use tokio::sync::watch;

use crate::error::{Error, Result};

/// What access keeps in memory. All of it may be lost.
#[derive(Default)]
pub struct Access {
    callers: cache::CallerCache,
    passwords: password::Passwords,
    attempts: limiter::AttemptLimiter,
    /// How often somebody looks behind links for linking from far away.
    visits: limiter::VisitLimiter,
}

impl Access {
    /// Tells, from now on, when people, keys or log-ins changed on this node: whoever was let in for longer than one
    /// request asks [`authenticate::still_holds`] then.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.callers.changes()
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A person who logged in.
    User(UserId),
    /// A program with an API key.
    Key(ApiKeyId),
    /// The process itself, or the command line on this machine.
    System,
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Key(id) => write!(f, "key:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Who asks, for which organization, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organization whose things these are. Everything else does not exist for this caller.
    pub organization_id: OrganizationId,
    /// Who.
    pub principal: Principal,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// From which network address, for the audit log.
    pub ip: Option<String>,
    /// The hash of the log-in's token, when a browser asks. Ending the log-in ends what it still listens to.
    pub session: Option<[u8; 32]>,
}

impl Caller {
    /// The process itself, acting for an organization.
    pub fn system(organization_id: OrganizationId) -> Self {
        Self {
            organization_id,
            principal: Principal::System,
            permissions: Permission::ALL.to_vec(),
            ip: None,
            session: None,
        }
    }

    /// What a member with this role may do.
    pub fn permissions_of(role: Role) -> Vec<Permission> {
        Permission::ALL
            .into_iter()
            .filter(|&permission| role.may(permission))
            .collect()
    }

    /// Whether this is allowed.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// What colleagues know the caller as.
    pub(crate) async fn display_name(&self, tx: &mut Tx<'_>) -> Result<String> {
        Ok(match self.principal {
            Principal::User(id) => user::get(tx, self.organization_id, id).await?.name,
            Principal::Key(id) => api_key::get(tx, self.organization_id, id).await?.name,
            Principal::System => "Pesan".to_owned(),
        })
    }

    /// Fails unless this is allowed.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden(permission.name()))
        }
    }
}
