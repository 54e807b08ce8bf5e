//! Work that is done later: one file each.

pub mod alert_drop;
pub mod auto_close;
pub mod count_backlog;
pub mod count_giving;
pub mod delete_files;
pub mod deliver_webhook;
pub mod end_snooze;
pub mod fetch_media;
pub mod index_contacts;
pub mod index_messages;
pub mod refresh_group;
pub mod remind;
pub mod retention;
pub mod send_mail;
