//! What WhatsApp plays as a voice note: Opus (RFC 6716) in Ogg (RFC 3533), put together by RFC 7845.

/// The type under which phones play one.
pub(crate) const VOICE_NOTE: &str = "audio/ogg; codecs=opus";
/// No page of Ogg is larger, in bytes: 27 of its head, 255 sizes, 255 pieces of 255.
pub(super) const MAX_PAGE: u64 = 27 + 255 + 255 * 255;
/// Samples in a second, whatever the sound was made from.
const RATE: u64 = 48_000;

/// A voice note.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VoiceNote {
    /// How long it is, rounded up; none when its end is not where it should be.
    pub(crate) seconds: Option<u32>,
}

/// How many samples at the beginning are not played; none when this is no beginning of Opus in Ogg.
pub(super) fn pre_skip(start: &[u8]) -> Option<u64> {
    // The first page has a header of 28 bytes, and in it nothing but the head of the stream.
    let head = start.strip_prefix(b"OggS")?.get(24..)?.strip_prefix(b"OpusHead")?;
    let [_, _, low, high, ..] = head else { return None };
    Some(u64::from(u16::from_le_bytes([*low, *high])))
}

/// How long it is, by the place that its last page says. `end` is its last [`MAX_PAGE`] bytes, or all.
pub(super) fn seconds(pre_skip: u64, end: &[u8]) -> Option<u32> {
    let last = end.windows(4).rposition(|window| window == b"OggS")?;
    let place: [u8; 8] = end.get(last + 6..last + 14)?.try_into().ok()?;
    let samples = u64::from_le_bytes(place).checked_sub(pre_skip)?;
    u32::try_from(samples.div_ceil(RATE)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(place: u64, content: &[u8]) -> Vec<u8> {
        let mut page = b"OggS\0\0".to_vec();
        page.extend(place.to_le_bytes());
        page.extend([0; 12]);
        page.extend([1, u8::try_from(content.len()).expect("short")]);
        page.extend(content);
        page
    }

    #[test]
    fn the_length_is_that_of_what_is_played() {
        let head = page(0, b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0");
        assert_eq!(pre_skip(&head), Some(312));
        for (played, expected) in [(0, 0), (1, 1), (48_000, 1), (48_001, 2), (48_000 * 61, 61)] {
            let whole = [head.clone(), page(960, b"a"), page(312 + played, b"b")].concat();
            assert_eq!(seconds(312, &whole), Some(expected), "{played}");
        }
    }

    #[test]
    fn anything_else_is_no_voice_note_or_has_no_length() {
        for start in [
            &b""[..],
            b"OggS",
            b"RIFF",
            &page(0, b"\x01vorbis\0\0\0\0"),
            &page(0, b"OpusHead\x01\x01\x38"),
        ] {
            assert_eq!(pre_skip(start), None, "{start:?}");
        }
        for end in [
            &b""[..],
            b"OggS\0\0",
            b"no page",
            &page(u64::MAX, b"x"),
            &page(100, b"x"),
        ] {
            assert_eq!(seconds(312, end), None, "{end:?}");
        }
    }
}
