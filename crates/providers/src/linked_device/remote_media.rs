//! Where an encrypted file is on WhatsApp's media servers, and how to open it: what [`RemoteMedia`] holds inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pesan_model::content::MediaKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wacore::download::{Downloadable, MediaType};

use crate::provider::RemoteMedia;

/// The protocol's description of a file. Stored as JSON: fields may be added, never renamed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remote {
    pub(super) kind: MediaKind,
    pub(super) direct_path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) url: String,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub(super) media_key: Vec<u8>,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub(super) file_sha256: Vec<u8>,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub(super) file_enc_sha256: Vec<u8>,
    pub(super) length: u64,
    /// When the key was made, in seconds since 1970.
    #[serde(default)]
    pub(super) key_at: i64,
    /// What lets the other side play sound and film while they load.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "write_bytes",
        deserialize_with = "read_bytes"
    )]
    pub(super) sidecar: Vec<u8>,
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}

/// The protocol's name of a kind.
pub(super) fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Video => MediaType::Video,
        MediaKind::Document => MediaType::Document,
        MediaKind::Audio => MediaType::Audio,
        MediaKind::Sticker => MediaType::Sticker,
    }
}

impl Remote {
    /// From a received message; `None` when the sender left out what is needed to fetch it.
    pub(super) fn of(kind: MediaKind, source: &dyn Downloadable) -> Option<Self> {
        Some(Self {
            kind,
            direct_path: source.direct_path().filter(|path| !path.is_empty())?.to_owned(),
            url: String::new(),
            media_key: source.media_key()?.to_vec(),
            file_sha256: source.file_sha256().unwrap_or_default().to_vec(),
            file_enc_sha256: source.file_enc_sha256()?.to_vec(),
            length: source.file_length().unwrap_or(0),
            key_at: 0,
            sidecar: Vec::new(),
        })
    }

    pub(super) fn to_media(&self) -> RemoteMedia {
        RemoteMedia(serde_json::to_string(self).expect("text, numbers and base64 always serialize"))
    }

    pub(super) fn from_media(media: &RemoteMedia) -> Option<Self> {
        serde_json::from_str(&media.0).ok()
    }
}

impl Downloadable for Remote {
    fn direct_path(&self) -> Option<&str> {
        Some(&self.direct_path)
    }

    fn media_key(&self) -> Option<&[u8]> {
        Some(&self.media_key)
    }

    fn file_enc_sha256(&self) -> Option<&[u8]> {
        Some(&self.file_enc_sha256)
    }

    fn file_sha256(&self) -> Option<&[u8]> {
        Some(&self.file_sha256)
    }

    fn file_length(&self) -> Option<u64> {
        Some(self.length)
    }

    fn app_info(&self) -> MediaType {
        media_type(self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_stays_what_it_is() {
        let remote = Remote {
            kind: MediaKind::Audio,
            direct_path: "/v/1".into(),
            url: "https://media.example/v/1".into(),
            media_key: vec![1, 2, 3],
            file_sha256: vec![4],
            file_enc_sha256: vec![5],
            length: 10,
            key_at: 1_700_000_000,
            sidecar: vec![6],
        };
        let media = remote.to_media();
        assert_eq!(
            media.0,
            r#"{"kind":"audio","direct_path":"/v/1","url":"https://media.example/v/1","media_key":"AQID","file_sha256":"BA==","file_enc_sha256":"BQ==","length":10,"key_at":1700000000,"sidecar":"Bg=="}"#
        );
        assert!(Remote::from_media(&media) == Some(remote));
        assert!(Remote::from_media(&RemoteMedia("{}".into())).is_none());
    }

    #[test]
    fn a_file_is_fetched_by_what_was_stored_of_it() {
        let mut remote = Remote {
            kind: MediaKind::Image,
            direct_path: "/v/1".into(),
            url: String::new(),
            media_key: vec![1, 2],
            file_sha256: vec![3, 4],
            file_enc_sha256: vec![5, 6],
            length: 10,
            key_at: 0,
            sidecar: Vec::new(),
        };
        assert_eq!(remote.direct_path(), Some("/v/1"));
        assert_eq!(remote.media_key(), Some(&[1, 2][..]));
        assert_eq!(remote.file_sha256(), Some(&[3, 4][..]));
        assert_eq!(remote.file_enc_sha256(), Some(&[5, 6][..]));
        assert_eq!(remote.file_length(), Some(10));
        for (kind, expected) in [
            (MediaKind::Image, MediaType::Image),
            (MediaKind::Video, MediaType::Video),
            (MediaKind::Document, MediaType::Document),
            (MediaKind::Audio, MediaType::Audio),
            (MediaKind::Sticker, MediaType::Sticker),
        ] {
            remote.kind = kind;
            assert!(
                remote.app_info() == expected,
                "{kind:?} is encrypted under its own name"
            );
        }
    }

    #[test]
    fn a_file_without_a_path_or_a_key_cannot_be_fetched() {
        let mut image = waproto::whatsapp::message::ImageMessage {
            direct_path: Some("/v/1".into()),
            media_key: Some(vec![1; 32]),
            file_enc_sha256: Some(vec![2; 32]),
            file_sha256: Some(vec![3; 32]),
            file_length: Some(7),
            ..Default::default()
        };
        let remote = Remote::of(MediaKind::Image, &image).expect("complete");
        assert_eq!((remote.length, remote.media_key.len()), (7, 32));
        image.direct_path = Some(String::new());
        assert!(Remote::of(MediaKind::Image, &image).is_none());
        image.direct_path = Some("/v/1".into());
        image.media_key = None;
        assert!(Remote::of(MediaKind::Image, &image).is_none());
    }
}
