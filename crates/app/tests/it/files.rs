//! Files: what is taken for what, and that they go with the last row that names them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pesan_app::jobs::{delete_files, retention};
use pesan_app::messaging::{self, MediaSource, NewContent, NewMedia, NewMessage};
use pesan_app::net::{Client, Targets};
use pesan_app::{Error, FieldError, accounts, media};
use pesan_model::content::MediaKind;
use pesan_model::{AccountId, Clock as _, MediaId, MessageId};
use pesan_providers::provider::NumberCheck;
use pesan_store::testing;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{TestApp, within};

const TO: &str = "+1 555-000-0001";

/// A message with a file that is being put together.
struct Draft {
    account_id: AccountId,
    media: NewMedia,
}

fn new(account_id: AccountId, kind: MediaKind, source: MediaSource) -> Draft {
    let media = NewMedia {
        kind,
        source,
        caption: None,
        file_name: None,
        voice: false,
    };
    Draft { account_id, media }
}

impl Draft {
    async fn send(self, test: &TestApp) -> Result<MediaId, Vec<FieldError>> {
        let new = NewMessage {
            account_id: self.account_id,
            to: TO.into(),
            content: NewContent::Media(self.media),
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        match messaging::send(&test.app, &test.caller, new, None).await {
            Ok(sent) => Ok(sent.message.content.media().expect("a file").media_id),
            Err(Error::Invalid(fields)) => Err(fields),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn data(bytes: &[u8], mime: &str) -> MediaSource {
    MediaSource::Data(format!("data:{mime};base64,{}", STANDARD.encode(bytes)))
}

/// The first page of sound in an Ogg file.
fn ogg(codec: &[u8]) -> Vec<u8> {
    let mut bytes = b"OggS\0\x02".to_vec();
    bytes.resize(26, 0);
    bytes.extend([1, 19]);
    bytes.extend(codec);
    bytes.resize(100, 0);
    bytes
}

async fn path(test: &TestApp, id: MediaId) -> PathBuf {
    let (_, path) = media::open(&test.app, &test.caller, id).await.expect("stored");
    path
}

#[tokio::test]
async fn the_files_of_a_deleted_account_are_deleted_unless_somebody_else_has_them() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let ((first, _), (second, _)) = (test.account(None).await, test.account(None).await);
        let send = async |account, text: &[u8]| {
            let new = new(account, MediaKind::Document, data(text, "text/plain"));
            new.send(&test).await.expect("accepted")
        };
        let own = send(first, b"sendiri").await;
        let own = path(&test, own).await;
        let shared = send(first, b"bersama").await;
        assert_eq!(send(second, b"bersama").await, shared);
        let shared = path(&test, shared).await;
        let mut renamed = new(first, MediaKind::Document, data(b"dua nama", "text/plain"));
        renamed.media.file_name = Some("a.txt".into());
        let renamed = path(&test, renamed.send(&test).await.expect("accepted")).await;
        send(second, b"dua nama").await;

        let sweep = async || delete_files::sweep(&test.app).await.expect("swept");
        let wait = || test.clock.advance(delete_files::GRACE + Duration::from_millis(1));
        wait();
        assert_eq!(sweep().await, 0, "{}", database.kind);
        accounts::delete(&test.app, &test.caller, first).await.expect("deleted");
        test.clock.advance(delete_files::GRACE);
        assert_eq!(sweep().await, 0, "a backup of the database can still be put back");
        test.clock.advance(Duration::from_millis(1));
        retention::sweep(&test.app).await.expect("swept");
        assert!(
            !own.exists() && shared.exists() && renamed.exists(),
            "{}",
            database.kind
        );
        accounts::delete(&test.app, &test.caller, second)
            .await
            .expect("deleted");
        wait();
        // What somebody else has deleted already is no fault.
        std::fs::remove_file(&shared).expect("there");
        assert_eq!(sweep().await, 1);
        assert!(!shared.exists() && !renamed.exists());
        wait();
        assert_eq!(sweep().await, 0);
    }
}

#[tokio::test]
async fn files_that_the_database_never_knew_are_kept() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let folder = test.app.settings.data_dir.join("media/ab");
        std::fs::create_dir_all(&folder).expect("a folder");
        let unknown = folder.join("ab".repeat(32));
        std::fs::write(&unknown, "of another database").expect("written");
        test.clock.advance(delete_files::GRACE * 2);
        assert_eq!(delete_files::sweep(&test.app).await.expect("swept"), 0);
        assert!(unknown.exists(), "{}", database.kind);
    }
}

#[tokio::test]
async fn a_file_that_never_got_its_row_goes_after_a_while() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let described = || media::Described::default();
        let store = async |content: &[u8]| test.store_file(content.to_vec(), described()).await;
        let first = store(b"dengan baris").await.expect("stored");
        let first = path(&test, first.id).await;
        testing::rename_table(&test.app.store, "media", "media_away").await;
        store(b"tanpa baris").await.expect_err("there is no table for its row");
        testing::rename_table(&test.app.store, "media_away", "media").await;
        test.clock.advance(delete_files::GRACE + Duration::from_millis(1));
        assert_eq!(
            delete_files::sweep(&test.app).await.expect("swept"),
            1,
            "{}",
            database.kind
        );
        assert!(first.exists());
    }
}

#[tokio::test]
async fn what_an_upload_left_behind_goes_when_nobody_can_be_writing_it_any_more() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let folder = test.app.settings.data_dir.join("media/incoming");
        std::fs::create_dir_all(&folder).expect("a folder");
        let written = |name: &str, age: Duration| {
            let path = folder.join(name);
            let now = UNIX_EPOCH + Duration::from_millis(test.clock.now().millis().unsigned_abs());
            let file = std::fs::File::create(&path).expect("made");
            file.set_modified(now - age).expect("ours");
            path
        };
        let old = written("old", delete_files::GRACE + Duration::from_millis(1));
        let new = written("new", delete_files::GRACE);
        assert_eq!(delete_files::sweep(&test.app).await.expect("swept"), 1);
        assert!(!old.exists() && new.exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_is_stored_again_while_it_is_being_deleted_stays() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        for number in 0..10 {
            let (account, _) = test.account(None).await;
            let content = format!("isi {number}").into_bytes();
            // What a deleted account leaves behind for the sweep.
            let draft = new(account, MediaKind::Document, data(&content, "text/plain"));
            let place = path(&test, draft.send(&test).await.expect("accepted")).await;
            accounts::delete(&test.app, &test.caller, account)
                .await
                .expect("deleted");
            test.clock.advance(delete_files::GRACE + Duration::from_millis(1));
            let described = media::Described::default();
            let store = test.store_file(content, described);
            let (stored, swept) = tokio::join!(store, delete_files::sweep(&test.app));
            swept.expect("swept");
            assert!(place.exists(), "{} {number}", database.kind);
            assert_eq!(path(&test, stored.expect("stored").id).await, place);
        }
    }
}

#[tokio::test]
async fn a_link_that_drips_is_a_wrong_field_of_the_message() {
    for database in testing::both().await {
        let mut test = TestApp::new(&database).await;
        let hurried = Client::new(Targets::PrivateToo).expect("a client");
        Arc::get_mut(&mut test.app).expect("nothing runs yet").net =
            hurried.with_download_deadline(Duration::from_millis(300));
        let (account, _) = test.account(None).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let dripping = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let read = stream.read(&mut [0; 1024]).await.expect("a request");
            assert!(read > 0);
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\n\x89PNG";
            stream.write_all(head).await.expect("written");
            // It stays open, and nothing more comes.
            std::future::pending::<()>().await;
        };
        let link = MediaSource::Link(format!("http://{address}/a.png"));
        let wrong = tokio::select! {
            sent = within(new(account, MediaKind::Image, link).send(&test)) => sent.expect_err("refused"),
            () = dripping => unreachable!("it never ends"),
        };
        assert_eq!(wrong[0].pointer, "/image/link");
        assert_eq!(
            wrong[0].flaw.to_string(),
            "could not be fetched: the server took too long to send it"
        );
    }
}

#[tokio::test]
async fn a_file_must_be_what_it_is_said_to_be() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let mp4 = b"\0\0\0\x18ftypXYZ1\0\0\0\0rest";
        let mp3 = b"\xff\xf3\x40\xc0rest of a frame";
        let png = b"\x89PNG\r\n\x1a\nrest";
        let hello = b"hello world";
        let opus = ogg(b"OpusHead\x01\x01\0\0");
        for (kind, bytes, mime, is_right) in [
            (MediaKind::Video, &hello[..], "video/mp4", false),
            (MediaKind::Audio, hello, "audio/mpeg", false),
            (MediaKind::Audio, hello, "audio/ogg", false),
            (MediaKind::Image, hello, "image/png", false),
            (MediaKind::Image, mp4, "image/png", false),
            (MediaKind::Document, hello, "video/mp4", false),
            (MediaKind::Document, hello, "text/plain", true),
            (MediaKind::Video, mp4, "video/mp4", true),
            (MediaKind::Video, mp4, "VIDEO/MP4", true),
            (MediaKind::Video, mp4, "video/3gpp", true),
            (MediaKind::Audio, mp4, "audio/mp4", true),
            (MediaKind::Audio, mp3, "audio/mpeg", true),
            (MediaKind::Audio, &opus, "audio/ogg; codecs=opus", true),
            (MediaKind::Image, png, "IMAGE/PNG", true),
        ] {
            let sent = new(account, kind, data(bytes, mime)).send(&test).await;
            assert_eq!(sent.is_ok(), is_right, "{mime} as {kind:?}: {sent:?}");
            if let Err(wrong) = sent {
                assert_eq!(wrong[0].pointer, format!("/{}/data", kind.name()));
            }
        }
    }
}

#[tokio::test]
async fn what_does_not_belong_to_a_kind_of_file_is_refused_by_its_name() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, _) = test.account(None).await;
        let png = b"\x89PNG\r\n\x1a\nrest";
        let refused = async |mut new: Draft, change: fn(&mut NewMedia)| {
            change(&mut new.media);
            new.send(&test).await.expect_err("refused")[0].pointer.clone()
        };
        let sound = || {
            new(
                account,
                MediaKind::Audio,
                data(&ogg(b"OpusHead\x01\x01\0\0"), "audio/ogg"),
            )
        };
        let vorbis = || new(account, MediaKind::Audio, data(&ogg(b"\x01vorbis"), "audio/ogg"));
        let picture = || new(account, MediaKind::Image, data(png, "image/png"));
        let caption = |media: &mut NewMedia| media.caption = Some("x".into());
        let file_name = |media: &mut NewMedia| media.file_name = Some("x.ogg".into());
        let voice = |media: &mut NewMedia| media.voice = true;
        assert_eq!(refused(sound(), caption).await, "/audio/caption");
        assert_eq!(refused(sound(), file_name).await, "/audio/file_name");
        assert_eq!(refused(vorbis(), voice).await, "/audio/voice");
        assert_eq!(refused(picture(), voice).await, "/image/voice");
        let mut note = sound();
        voice(&mut note.media);
        note.send(&test).await.expect("a voice note");
    }
}

/// How many files are on the disk.
fn files(test: &TestApp) -> usize {
    let media = test.app.settings.data_dir.join("media");
    let folders = std::fs::read_dir(media).expect("a folder of files");
    let count = |folder: std::fs::DirEntry| std::fs::read_dir(folder.path()).expect("a folder").count();
    folders.map(|folder| count(folder.expect("readable"))).sum()
}

#[tokio::test]
async fn a_message_that_is_refused_leaves_no_file() {
    for database in testing::both().await {
        let test = TestApp::new(&database).await;
        let (account, provider) = test.account(None).await;
        provider.set_number(NumberCheck {
            phone: "15550000404".parse().expect("valid"),
            address: None,
            lid: None,
        });
        let message = |kind, bytes: &[u8], mime| NewMessage {
            account_id: account,
            to: TO.into(),
            content: NewContent::Media(new(account, kind, data(bytes, mime)).media),
            reply_to: None,
            send_at: None,
            metadata: None,
        };
        let refused = async |new| {
            let refused = messaging::send(&test.app, &test.caller, new, None).await;
            let Err(Error::Invalid(fields)) = refused else {
                panic!("{}: {refused:?}", database.kind)
            };
            fields[0].pointer.clone()
        };
        let wrong_type = message(MediaKind::Image, b"%PDF-1.4\n", "application/pdf");
        assert_eq!(refused(wrong_type).await, "/image");
        let mut no_note = message(MediaKind::Audio, &ogg(b"\x01vorbis"), "audio/ogg");
        if let NewContent::Media(media) = &mut no_note.content {
            media.voice = true;
        }
        assert_eq!(refused(no_note).await, "/audio/voice");
        assert_eq!(files(&test), 0, "what cannot be sent is not kept");

        let text = |number: u8| message(MediaKind::Document, &[b'a' + number], "text/plain");
        let cases = [
            (
                "/to",
                NewMessage {
                    to: "+1 555-000-0404".into(),
                    ..text(1)
                },
            ),
            (
                "/reply_to",
                NewMessage {
                    reply_to: Some(MessageId::from(uuid::Uuid::nil())),
                    ..text(2)
                },
            ),
            (
                "/account_id",
                NewMessage {
                    account_id: AccountId::from(uuid::Uuid::nil()),
                    ..text(3)
                },
            ),
        ];
        for (pointer, new) in cases {
            assert_eq!(refused(new).await, pointer);
        }
        let kept = new(account, MediaKind::Document, data(b"dikirim", "text/plain"));
        let kept = path(&test, kept.send(&test).await.expect("accepted")).await;
        test.clock.advance(delete_files::GRACE + Duration::from_millis(1));
        delete_files::sweep(&test.app).await.expect("swept");
        assert_eq!((files(&test), kept.exists()), (1, true), "{}", database.kind);
    }
}
