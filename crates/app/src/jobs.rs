//! Work that is done later: one file each.

pub mod delete_files;
pub mod deliver_webhook;
pub mod fetch_media;
pub mod refresh_group;
pub mod retention;
