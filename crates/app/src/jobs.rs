//! Work that is done later: one file each.

pub mod fetch_media;
pub mod refresh_group;
