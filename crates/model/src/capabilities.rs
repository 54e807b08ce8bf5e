//! What a channel can do, as data, checked before anything is queued.

use serde::Serialize;
use utoipa::ToSchema;

use crate::account::ProviderKind;
use crate::content::MediaKind;

/// What a channel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Capabilities {
    /// Most characters of a text.
    pub text_chars: usize,
    /// Most characters of a caption.
    pub caption_chars: usize,
    /// Files that can be sent.
    pub media: &'static [MediaKind],
    /// Can it react to a message.
    pub reactions: bool,
    /// Can it quote a message.
    pub replies: bool,
    /// Can it write to groups.
    pub groups: bool,
    /// Does a repeated id reach the other person once: only then may an unconfirmed send be repeated.
    pub deduplicates_by_id: bool,
}

impl Capabilities {
    /// What accounts connected this way can do.
    pub fn of(provider: ProviderKind) -> &'static Self {
        match provider {
            ProviderKind::LinkedDevice => &Self {
                text_chars: crate::content::MAX_TEXT_CHARS,
                caption_chars: crate::content::MAX_CAPTION_CHARS,
                media: &[
                    MediaKind::Image,
                    MediaKind::Video,
                    MediaKind::Document,
                    MediaKind::Audio,
                ],
                reactions: true,
                replies: true,
                groups: true,
                deduplicates_by_id: true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linked_device_does_everything_of_the_first_version() {
        let linked = Capabilities::of(ProviderKind::LinkedDevice);
        assert_eq!((linked.text_chars, linked.caption_chars), (4096, 1024));
        assert!(linked.reactions && linked.replies && linked.groups && linked.deduplicates_by_id);
        assert!(linked.media.contains(&MediaKind::Audio) && !linked.media.contains(&MediaKind::Sticker));
    }
}
