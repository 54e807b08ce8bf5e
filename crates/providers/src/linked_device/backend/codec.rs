//! How record keys and values are laid out in bytes. Stored: never change what is here, add a new kind of record.

use std::fmt::Write;

/// WhatsApp's long server names, and the byte that stands for each in a key.
const SERVERS: [(&str, char); 3] = [("@s.whatsapp.net", '\u{1}'), ("@lid", '\u{2}'), ("@g.us", '\u{3}')];

/// A key of one or more parts. No part contains a zero byte.
pub(super) fn key(parts: &[&str]) -> Vec<u8> {
    let mut key = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            key.push('\0');
        }
        key.push_str(&short(part));
    }
    key.into_bytes()
}

/// The start of every key whose first part is `part` and that has more parts.
pub(super) fn key_prefix(part: &str) -> Vec<u8> {
    let mut key = key(&[part]);
    key.push(0);
    key
}

/// Part number `index` of a key, as it was before.
pub(super) fn key_part(key: &[u8], index: usize) -> Option<String> {
    let part = key.split(|byte| *byte == 0).nth(index)?;
    let mut text = String::from_utf8(part.to_vec()).ok()?;
    for (server, byte) in SERVERS {
        text = text.replace(byte, server);
    }
    Some(text)
}

/// The starts of every key that is an address of `user`, whatever the device and the server.
pub(super) fn user_prefixes(user: &str) -> [Vec<u8>; 5] {
    let starts = [':', '@', SERVERS[0].1, SERVERS[1].1, SERVERS[2].1];
    starts.map(|start| {
        let mut key = user.to_owned();
        let _ = key.write_char(start);
        key.into_bytes()
    })
}

fn short(text: &str) -> String {
    let mut text = text.to_owned();
    for (server, byte) in SERVERS {
        if text.contains(server) {
            text = text.replace(server, byte.encode_utf8(&mut [0; 4]));
        }
    }
    text
}

/// Writes values one after the other.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn i64(mut self, value: i64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn bytes(self, value: &[u8]) -> Self {
        let mut this = self.u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
        this.0.extend_from_slice(value);
        this
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// A flag, then the value if there is one.
    pub(super) fn option<T>(mut self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        self.0.push(u8::from(value.is_some()));
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads back what a [`Writer`] wrote; `None` if it is something else.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.take(8)?.try_into().ok().map(i64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.u32()?;
        self.take(count as usize)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// `None` if it is broken, `Some(None)` if nothing was written.
    #[expect(clippy::option_option, reason = "broken and absent are two things")]
    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.take(1)? {
            [0] => Some(None),
            _ => read(self).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_give_their_parts_back() {
        let key = key(&["6280000000001:3@s.whatsapp.net", "120363000000000001@g.us", "3EB0"]);
        assert_eq!(key.len(), 15 + 1 + 1 + 18 + 1 + 1 + 4);
        assert_eq!(key_part(&key, 0).as_deref(), Some("6280000000001:3@s.whatsapp.net"));
        assert_eq!(key_part(&key, 1).as_deref(), Some("120363000000000001@g.us"));
        assert_eq!(key_part(&key, 2).as_deref(), Some("3EB0"));
        assert_eq!(key_part(&key, 3), None);
        assert!(key.starts_with(&key_prefix("6280000000001:3@s.whatsapp.net")));
        assert!(!key.starts_with(&key_prefix("6280000000001:3")));
    }

    #[test]
    fn every_address_of_a_user_has_one_of_its_prefixes_and_no_other_user_has() {
        let prefixes = user_prefixes("1000123");
        for address in [
            "1000123@lid",
            "1000123:4@lid",
            "1000123@s.whatsapp.net",
            "1000123@hosted",
        ] {
            assert!(
                prefixes.iter().any(|prefix| key(&[address]).starts_with(prefix)),
                "{address}"
            );
        }
        for address in ["10001234@lid", "100012@lid", "10001230:4@lid"] {
            assert!(
                !prefixes.iter().any(|prefix| key(&[address]).starts_with(prefix)),
                "{address}"
            );
        }
    }

    #[test]
    fn values_are_read_back_and_broken_ones_are_noticed() {
        let bytes = Writer::default()
            .text("halo")
            .i64(-3)
            .option(Some(7), Writer::u32)
            .option(None, Writer::u32)
            .done();
        let mut reader = Reader(&bytes);
        assert_eq!(reader.text().as_deref(), Some("halo"));
        assert_eq!(reader.i64(), Some(-3));
        assert_eq!(reader.option(Reader::u32), Some(Some(7)));
        assert_eq!(reader.option(Reader::u32), Some(None));
        assert_eq!(reader.u32(), None);
        assert_eq!(Reader(&[9, 0, 0, 0, 1]).bytes(), None);
        assert_eq!(Reader(&[1, 0]).option(Reader::u32), None);
    }
}
