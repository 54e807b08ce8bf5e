//! Which changes go to the audit log, and under which name, and which of them colleagues are told to read anew. A test holds
//! that every route that changes something is here.

use axum::http::Method;
use pesan_model::inbox::SettingsPart;

/// Where a change is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// By the server after the change, under this name.
    Here(&'static str),
    /// By the use case, in the transaction of the change.
    ByUseCase,
    /// Nowhere: what is sent is its own record.
    Never,
}

/// Every route that changes something.
pub const CHANGES: &[(&str, &str, Audited)] = &[
    ("POST", "/v1/setup/owner", Audited::ByUseCase),
    ("POST", "/v1/login", Audited::ByUseCase),
    ("POST", "/v1/logout", Audited::ByUseCase),
    ("POST", "/v1/keys", Audited::ByUseCase),
    ("DELETE", "/v1/keys/{id}", Audited::ByUseCase),
    ("POST", "/v1/users", Audited::ByUseCase),
    ("PATCH", "/v1/users/{id}", Audited::ByUseCase),
    ("DELETE", "/v1/users/{id}", Audited::ByUseCase),
    ("POST", "/v1/invitations", Audited::ByUseCase),
    ("DELETE", "/v1/invitations/{id}", Audited::ByUseCase),
    ("POST", "/v1/invitations/look-up", Audited::Never),
    ("POST", "/v1/invitations/accept", Audited::ByUseCase),
    ("PUT", "/v1/me/preferences", Audited::Never),
    ("POST", "/v1/me/test-mail", Audited::Never),
    ("POST", "/v1/accounts", Audited::Here("account.create")),
    ("PATCH", "/v1/accounts/{id}", Audited::Here("account.update")),
    ("DELETE", "/v1/accounts/{id}", Audited::Here("account.delete")),
    ("POST", "/v1/accounts/{id}/connect", Audited::Here("account.connect")),
    ("POST", "/v1/accounts/{id}/pause", Audited::Here("account.pause")),
    ("POST", "/v1/accounts/{id}/logout", Audited::Here("account.log_out")),
    ("POST", "/v1/accounts/{id}/remote-links", Audited::ByUseCase),
    ("DELETE", "/v1/remote-links/{id}", Audited::ByUseCase),
    ("POST", "/v1/remote-links/look", Audited::ByUseCase),
    ("POST", "/v1/remote-links/renew", Audited::ByUseCase),
    ("POST", "/v1/quarantine/{id}/retry", Audited::Here("quarantine.retry")),
    ("DELETE", "/v1/quarantine/{id}", Audited::Here("quarantine.delete")),
    ("POST", "/v1/messages", Audited::Never),
    ("POST", "/v1/messages/batch", Audited::Never),
    ("DELETE", "/v1/messages/{id}", Audited::Here("message.delete")),
    ("POST", "/v1/messages/{id}/cancel", Audited::Never),
    ("POST", "/v1/messages/{id}/resume", Audited::Never),
    ("POST", "/v1/messages/{id}/retry", Audited::Never),
    ("POST", "/v1/messages/{id}/played", Audited::Never),
    ("PATCH", "/v1/chats/{id}", Audited::Here("chat.update")),
    ("POST", "/v1/chats/{id}/read", Audited::Never),
    ("POST", "/v1/chats/{id}/unread", Audited::Never),
    ("POST", "/v1/chats/{id}/presence", Audited::Never),
    ("POST", "/v1/chats/{id}/typing", Audited::Never),
    ("POST", "/v1/tags", Audited::Here("tag.create")),
    ("PATCH", "/v1/tags/{id}", Audited::Here("tag.update")),
    ("DELETE", "/v1/tags/{id}", Audited::Here("tag.delete")),
    ("POST", "/v1/teams", Audited::Here("team.create")),
    ("PATCH", "/v1/teams/{id}", Audited::Here("team.update")),
    ("DELETE", "/v1/teams/{id}", Audited::Here("team.delete")),
    ("POST", "/v1/quick-replies", Audited::Here("quick_reply.create")),
    ("PATCH", "/v1/quick-replies/{id}", Audited::Here("quick_reply.update")),
    ("DELETE", "/v1/quick-replies/{id}", Audited::Here("quick_reply.delete")),
    ("POST", "/v1/quick-replies/preview", Audited::Never),
    ("PATCH", "/v1/organization", Audited::ByUseCase),
    ("POST", "/v1/chats/{id}/notes", Audited::Never),
    ("PATCH", "/v1/contacts/{id}", Audited::Here("contact.update")),
    ("DELETE", "/v1/contacts/{id}", Audited::ByUseCase),
    ("POST", "/v1/contacts/{id}/merge", Audited::Here("contact.merge")),
    ("POST", "/v1/contacts/{id}/unmerge", Audited::Here("contact.unmerge")),
    ("POST", "/v1/contacts/{id}/notes", Audited::Never),
    ("PATCH", "/v1/notes/{id}", Audited::Here("note.update")),
    ("DELETE", "/v1/notes/{id}", Audited::Here("note.delete")),
    ("POST", "/v1/reminders", Audited::Never),
    ("PATCH", "/v1/reminders/{id}", Audited::Never),
    ("POST", "/v1/donations", Audited::Here("donation.record")),
    ("PATCH", "/v1/donations/{id}", Audited::Here("donation.correct")),
    ("DELETE", "/v1/donations/{id}", Audited::Here("donation.delete")),
    ("POST", "/v1/custom-fields", Audited::Here("custom_field.create")),
    ("PATCH", "/v1/custom-fields/{id}", Audited::Here("custom_field.update")),
    ("DELETE", "/v1/custom-fields/{id}", Audited::Here("custom_field.delete")),
    ("PATCH", "/v1/donor-rules", Audited::Here("donor_rules.update")),
    ("POST", "/v1/media", Audited::Never),
    ("POST", "/v1/webhooks", Audited::Here("webhook.create")),
    ("PATCH", "/v1/webhooks/{id}", Audited::Here("webhook.update")),
    ("DELETE", "/v1/webhooks/{id}", Audited::Here("webhook.delete")),
    (
        "POST",
        "/v1/webhooks/{id}/rotate-secret",
        Audited::Here("webhook.rotate_secret"),
    ),
    ("POST", "/v1/webhooks/{id}/test", Audited::Here("webhook.test")),
    ("POST", "/v1/webhooks/{id}/replay", Audited::Here("webhook.replay")),
    (
        "POST",
        "/v1/webhooks/{id}/deliveries/{dlv}/redeliver",
        Audited::Here("webhook.redeliver"),
    ),
];

/// What colleagues share of what this route changes: they are told to read it anew.
pub fn settings_part(route: &str) -> Option<SettingsPart> {
    // The first two parts of the path: `/v1/tags/{id}`.
    let noun = route.strip_prefix("/v1/")?.split('/').next()?;
    match noun {
        "tags" => Some(SettingsPart::Tags),
        "teams" => Some(SettingsPart::Teams),
        "users" | "invitations" => Some(SettingsPart::Members),
        "quick-replies" => Some(SettingsPart::QuickReplies),
        "organization" => Some(SettingsPart::Organization),
        "custom-fields" => Some(SettingsPart::CustomFields),
        "donor-rules" => Some(SettingsPart::DonorRules),
        "accounts" => Some(SettingsPart::Accounts),
        "webhooks" => Some(SettingsPart::Webhooks),
        "keys" => Some(SettingsPart::Keys),
        _ => None,
    }
}

/// Where the change that this route makes is written down.
pub(crate) fn audited(method: &Method, route: &str) -> Option<Audited> {
    CHANGES
        .iter()
        .find(|(known_method, known_route, _)| *known_method == method.as_str() && *known_route == route)
        .map(|(_, _, audited)| *audited)
}
