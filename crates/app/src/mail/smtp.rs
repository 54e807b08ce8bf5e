//! Mail through an SMTP server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Mail, Transport, TransportError};

/// How long the server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An SMTP server and the sender that it knows us by.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// Neither `smtp://` nor `smtps://`, or not a URL.
    #[error("is not a valid smtp:// or smtps:// address")]
    Url,
    /// Not an address.
    #[error("is not a mail address, as `Pesan <pesan@example.org>`")]
    From,
}

impl Smtp {
    /// For `smtps://user:password@host:465`, `smtp://host:587?tls=required` or `smtp://host:25`. Connects when the first
    /// mail is handed over.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| SmtpError::Url)?
            .timeout(Some(TIMEOUT))
            .build();
        let from = from.parse().map_err(|_| SmtpError::From)?;
        Ok(Self { transport, from })
    }

    fn message(&self, id: uuid::Uuid, mail: &Mail) -> Result<Message, TransportError> {
        let wrong = |error: &dyn std::fmt::Display| TransportError::Lasting(error.to_string());
        let to: Mailbox = mail.to.parse().map_err(|error| wrong(&error))?;
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.content.subject)
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.content.text.clone())
            .map_err(|error| wrong(&error))
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn send(&self, id: uuid::Uuid, mail: &Mail) -> Result<(), TransportError> {
        let message = self.message(id, mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(TransportError::Lasting(error.to_string())),
            Err(error) => Err(TransportError::Passing(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailContent;

    fn smtp() -> Smtp {
        Smtp::new("smtp://127.0.0.1:2525", "Pesan <pesan@example.org>").expect("valid")
    }

    #[test]
    fn wrong_settings_are_named() {
        for url in ["", "example.org", "https://example.org", "smtp://"] {
            assert!(matches!(Smtp::new(url, "a@example.org"), Err(SmtpError::Url)), "{url}");
        }
        for from in ["", "Pesan", "<>"] {
            let made = Smtp::new("smtp://127.0.0.1:2525", from);
            assert!(matches!(made, Err(SmtpError::From)), "{from}");
        }
    }

    #[test]
    fn a_subject_with_a_line_break_adds_no_header() {
        let mail = Mail {
            to: "sari@example.org".into(),
            content: MailContent {
                subject: "Halo\r\nBcc: everybody@example.org".into(),
                text: "Teks".into(),
            },
        };
        let message = smtp().message(uuid::Uuid::nil(), &mail).expect("a message");
        let raw = String::from_utf8(message.formatted()).expect("ASCII");
        assert!(!raw.to_lowercase().contains("\r\nbcc:"), "{raw}");
        assert!(
            raw.contains("Message-ID: <00000000-0000-0000-0000-000000000000@example.org>"),
            "{raw}"
        );
    }

    #[test]
    fn an_address_that_is_none_is_refused_for_good() {
        let mail = Mail {
            to: "nobody".into(),
            content: MailContent {
                subject: "Halo".into(),
                text: "Teks".into(),
            },
        };
        let refused = smtp().message(uuid::Uuid::nil(), &mail);
        assert!(matches!(refused, Err(TransportError::Lasting(_))));
    }
}
