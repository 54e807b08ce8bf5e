//! Who may do what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{ApiKeyId, InvitationId, OrganizationId, UserId};

/// What a member of an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, including other owners.
    Owner,
    /// Everything but owners.
    Admin,
    /// Reads and answers messages, relinks accounts.
    Agent,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Agent];

    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Agent => "agent",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a member with this role may do this.
    pub fn may(self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => permission != Permission::OwnersManage,
            Self::Agent => match permission {
                Permission::AccountsRead
                | Permission::AccountsConnect
                | Permission::MessagesRead
                | Permission::MessagesSend
                | Permission::ContactsWrite
                | Permission::DonationsRead
                | Permission::DonationsWrite
                | Permission::EventsRead => true,
                Permission::AccountsManage
                | Permission::ContactsManage
                | Permission::WebhooksManage
                | Permission::KeysManage
                | Permission::MembersManage
                | Permission::OwnersManage
                | Permission::OrganizationManage
                | Permission::AuditRead => false,
            },
        }
    }
}

/// One thing that can be allowed. The name is also the scope of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Permission {
    /// See accounts and their history.
    #[serde(rename = "accounts:read")]
    AccountsRead,
    /// Connect and relink accounts, see their QR code.
    #[serde(rename = "accounts:connect")]
    AccountsConnect,
    /// Create, change, log out and delete accounts.
    #[serde(rename = "accounts:manage")]
    AccountsManage,
    /// Read chats, messages, contacts, notes, reminders and files.
    #[serde(rename = "messages:read")]
    MessagesRead,
    /// Send, cancel, delete and mark as read.
    #[serde(rename = "messages:send")]
    MessagesSend,
    /// Change contacts, join and part them, write notes and reminders.
    #[serde(rename = "contacts:write")]
    ContactsWrite,
    /// Decide which fields contacts have and how donors are told apart; change what others noted.
    #[serde(rename = "contacts:manage")]
    ContactsManage,
    /// See what people gave.
    #[serde(rename = "donations:read")]
    DonationsRead,
    /// Write donations down, correct and delete them.
    #[serde(rename = "donations:write")]
    DonationsWrite,
    /// Read the event log and the live stream. Events tell everything, donations too.
    #[serde(rename = "events:read")]
    EventsRead,
    /// Create, change and replay webhooks.
    #[serde(rename = "webhooks:manage")]
    WebhooksManage,
    /// Create and revoke API keys.
    #[serde(rename = "keys:manage")]
    KeysManage,
    /// Invite, change and remove members.
    #[serde(rename = "members:manage")]
    MembersManage,
    /// Change and remove owners.
    #[serde(rename = "owners:manage")]
    OwnersManage,
    /// Change the organization's name and settings, its teams, tags and quick replies.
    #[serde(rename = "organization:manage")]
    OrganizationManage,
    /// Read the audit log.
    #[serde(rename = "audit:read")]
    AuditRead,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 16] = [
        Self::AccountsRead,
        Self::AccountsConnect,
        Self::AccountsManage,
        Self::MessagesRead,
        Self::MessagesSend,
        Self::ContactsWrite,
        Self::ContactsManage,
        Self::DonationsRead,
        Self::DonationsWrite,
        Self::EventsRead,
        Self::WebhooksManage,
        Self::KeysManage,
        Self::MembersManage,
        Self::OwnersManage,
        Self::OrganizationManage,
        Self::AuditRead,
    ];

    /// The scope's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountsRead => "accounts:read",
            Self::AccountsConnect => "accounts:connect",
            Self::AccountsManage => "accounts:manage",
            Self::MessagesRead => "messages:read",
            Self::MessagesSend => "messages:send",
            Self::ContactsWrite => "contacts:write",
            Self::ContactsManage => "contacts:manage",
            Self::DonationsRead => "donations:read",
            Self::DonationsWrite => "donations:write",
            Self::EventsRead => "events:read",
            Self::WebhooksManage => "webhooks:manage",
            Self::KeysManage => "keys:manage",
            Self::MembersManage => "members:manage",
            Self::OwnersManage => "owners:manage",
            Self::OrganizationManage => "organization:manage",
            Self::AuditRead => "audit:read",
        }
    }

    /// The permission with this scope name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// A person who logs in, as the API shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Ours.
    pub id: UserId,
    /// Their organization.
    pub organization_id: OrganizationId,
    /// What they log in with.
    pub email: String,
    /// What to call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they joined.
    pub created_at: Timestamp,
}

/// What a person set for themselves. What is left out is as the web app decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Preferences {
    /// In which language they read the web app and mail.
    pub language: Option<Language>,
    /// Their time zone, by its IANA name: `Asia/Jakarta`.
    pub time_zone: Option<String>,
    /// Whether they get mail when an account stays disconnected. Owners and admins do unless they say no.
    pub mail_on_drop: Option<bool>,
    /// Whether they get mail when a reminder of theirs is due. They do unless they say no.
    pub mail_on_reminder: Option<bool>,
}

/// A language of the web app and of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// Bahasa Indonesia.
    Id,
    /// Arabic.
    Ar,
}

/// Somebody who may join an organization with a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Ours.
    pub id: InvitationId,
    /// What they will log in with.
    pub email: String,
    /// What to call them; they can change it.
    pub name: String,
    /// What they will be.
    pub role: Role,
    /// When they were invited.
    pub created_at: Timestamp,
    /// The link works until then.
    pub expires_at: Timestamp,
}

/// A key for programs, as the API shows it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Ours.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// The first characters of the key, to tell keys apart.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the organization's log.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `user:usr_…`, `key:key_…` or `system`.
    pub actor: String,
    /// What: `account.create`, `webhook.delete`, …
    pub action: String,
    /// The thing's id, where there is one.
    pub target: Option<String>,
    /// The caller's network address.
    pub ip: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("serializes"), role.name());
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).expect("serializes"), permission.name());
            assert_eq!(Permission::from_name(permission.name()), Some(permission));
        }
        assert_eq!(Role::from_name("root"), None);
        assert_eq!(Permission::from_name("all"), None);
    }

    #[test]
    fn each_role_may_do_what_is_listed() {
        for permission in Permission::ALL {
            assert!(Role::Owner.may(permission));
            assert_eq!(Role::Admin.may(permission), permission != Permission::OwnersManage);
        }
        let agent: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|&p| Role::Agent.may(p))
            .map(Permission::name)
            .collect();
        assert_eq!(
            agent,
            [
                "accounts:read",
                "accounts:connect",
                "messages:read",
                "messages:send",
                "contacts:write",
                "donations:read",
                "donations:write",
                "events:read"
            ]
        );
    }
}
