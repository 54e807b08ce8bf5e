//! A message on its way out: recipient, file, encryption, the server's word.

use pesan_model::message::MessageError;
use pesan_model::{Address, FailureCode};
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use whatsapp_rust::{ClientError, IqError, SendOptions};

use super::acks::{Ack, Refused};
use super::convert_out::{self, Author};
use super::device::LinkedDevice;
use super::jid::jid;
use super::remote_media::Remote;
use super::{asking, media, refusal};
use crate::provider::{Accepted, Outgoing, OutgoingContent, ProviderError, SendError};

/// Sends a message and waits for the server's word on it.
pub(super) async fn send(device: &LinkedDevice, out: &Outgoing) -> Result<Accepted, SendError> {
    if !device.is_ready() {
        return Err(SendError::NotConnected);
    }
    let prepared = tokio::time::timeout(device.patience.prepare, prepare(device, out));
    // Nothing was written yet, so giving up here is certain.
    let Prepared { to, message, uploaded } = tokio::select! {
        biased;
        prepared = prepared => prepared.map_err(|_| too_slow())??,
        () = device.over() => return Err(SendError::NotConnected),
    };

    // From here on the server's word can come, so somebody must wait for it before anything is written.
    let mut waiter = device.acks.wait_for(&out.wa_id).map_err(|refused| match refused {
        Refused::Closed => SendError::NotConnected,
        Refused::InFlight => SendError::Unknown {
            reason: "the same message is being sent already".into(),
        },
    })?;
    let options = SendOptions::default().with_message_id(&out.wa_id);
    let written = device.client.send_message_with_options(to, message, options);
    tokio::select! {
        biased;
        written = tokio::time::timeout(device.patience.prepare, written) => match written {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(send_error(&error)),
            Err(_) => {
                return Err(SendError::Unknown {
                    reason: "writing it took too long".into(),
                });
            }
        },
        // The library may go on waiting, for a minute, for what only a connection brings. Meanwhile the chat would stand
        // still, also on the next connection.
        () = device.over() => {}
    }
    match tokio::time::timeout(device.patience.ack, waiter.answer()).await {
        Ok(Some(Ack {
            error: None,
            at,
            address,
        })) => {
            let address = address.filter(|address| *address != out.to);
            Ok(Accepted {
                at,
                uploaded: uploaded.map(|remote| remote.to_media()),
                address,
            })
        }
        Ok(Some(Ack { error: Some(code), .. })) => Err(refused(device, &out.to, &code).await),
        Ok(None) => Err(SendError::Unknown {
            reason: "the connection ended before the answer came".into(),
        }),
        Err(_) => Err(SendError::Unknown {
            reason: "no answer came in time".into(),
        }),
    }
}

/// What a refusal means for this recipient. WhatsApp calls a message to a hidden id that nobody has malformed.
async fn refused(device: &LinkedDevice, to: &Address, code: &str) -> SendError {
    let is_stranger =
        matches!(to, Address::Lid(_)) && !matches!(device.client.get_lid_pn_entry(&jid(to)).await, Ok(Some(_)));
    if is_stranger && code == "400" {
        return refusal::nobody().into();
    }
    refusal::of(code).into()
}

struct Prepared {
    to: Jid,
    message: wa::Message,
    uploaded: Option<Remote>,
}

fn too_slow() -> SendError {
    SendError::Retry {
        after: None,
        reason: "preparing it took too long".into(),
    }
}

async fn prepare(device: &LinkedDevice, out: &Outgoing) -> Result<Prepared, SendError> {
    let to = recipient(device, &out.to).await?;
    let uploaded = match &out.content {
        OutgoingContent::Text(_) | OutgoingContent::Reaction { .. } => None,
        OutgoingContent::Media(media) => {
            let known = media.uploaded.as_ref().and_then(Remote::from_media);
            Some(match known {
                Some(remote) => remote,
                None => media::upload(&device.client, media).await?,
            })
        }
    };
    // Groups know their members by LID nowadays; a chat uses one form for both sides.
    let us = match &out.to {
        Address::Phone(_) => device.client.pn().or_else(|| device.client.lid()),
        Address::Lid(_) | Address::Group(_) => device.client.lid().or_else(|| device.client.pn()),
    };
    let us = us.ok_or(SendError::NotConnected)?;
    let message = convert_out::message(out, &Author { us: &us }, uploaded.as_ref())
        .expect("a message with a file was given its upload");
    Ok(Prepared { to, message, uploaded })
}

/// The JID to write to. A number that the library has not met is asked for first: the server would take a message to
/// nobody, and may know it in another form.
async fn recipient(device: &LinkedDevice, to: &Address) -> Result<Jid, SendError> {
    let asked = jid(to);
    let Address::Phone(phone) = to else { return Ok(asked) };
    let own = device.client.pn().is_some_and(|own| own.user == asked.user);
    let met = own || matches!(device.client.get_lid_pn_entry(&asked).await, Ok(Some(_)));
    if met {
        return Ok(asked);
    }
    let mut checks = asking::check_numbers(&device.client, std::slice::from_ref(phone))
        .await
        .map_err(|error| match error {
            ProviderError::NotConnected => SendError::NotConnected,
            other => SendError::Retry {
                after: None,
                reason: format!("the number could not be checked: {other}"),
            },
        })?;
    match checks.pop().and_then(|check| check.address) {
        Some(Address::Phone(known)) if known != *phone => Err(SendError::Elsewhere { phone: known }),
        Some(address) => Ok(jid(&address)),
        None => Err(refusal::not_on_whatsapp().into()),
    }
}

/// What an error of the library means. Before the socket it is certain that nothing was sent; at the socket it is not.
fn send_error(error: &whatsapp_rust::SendError) -> SendError {
    use whatsapp_rust::SendError as Library;
    let retry = |reason: String| SendError::Retry { after: None, reason };
    match error {
        Library::NotLoggedIn => SendError::NotConnected,
        Library::Client(error) => client_error(error),
        // A question that was asked before the message could be encrypted.
        Library::Iq(IqError::NotConnected | IqError::InternalChannelClosed | IqError::Disconnected(_)) => {
            SendError::NotConnected
        }
        Library::Iq(IqError::ServerError { code: 404, .. }) => refusal::of("404").into(),
        Library::Iq(IqError::ServerError {
            code: code @ (401 | 403),
            ..
        }) => refusal::of(&code.to_string()).into(),
        Library::Iq(error) => retry(format!("WhatsApp did not tell the recipient's devices: {error}")),
        Library::InvalidRequest(reason) => {
            let failure = MessageError::from(FailureCode::Invalid);
            SendError::Rejected(failure.told(format!("This message cannot be sent: {reason}.")))
        }
        Library::Internal(error) => retry(format!("it could not be encrypted: {error}")),
        // The library may add kinds. Unknown is never wrong: the same id is sent again.
        other => SendError::Unknown {
            reason: other.to_string(),
        },
    }
}

fn client_error(error: &ClientError) -> SendError {
    match error {
        ClientError::NotConnected | ClientError::NotLoggedIn => SendError::NotConnected,
        other => SendError::Unknown {
            reason: format!("the socket failed while it was written: {other}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_before_the_socket_are_certain_and_at_the_socket_they_are_not() {
        use whatsapp_rust::SendError as Library;
        let refused = |code| {
            Library::Iq(IqError::ServerError {
                code,
                text: String::new(),
                error_type: None,
                backoff: None,
            })
        };
        assert!(matches!(send_error(&Library::NotLoggedIn), SendError::NotConnected));
        assert!(matches!(
            send_error(&Library::Client(ClientError::NotConnected)),
            SendError::NotConnected
        ));
        assert!(matches!(
            send_error(&Library::Iq(IqError::NotConnected)),
            SendError::NotConnected
        ));
        assert!(matches!(
            send_error(&Library::Iq(IqError::Timeout)),
            SendError::Retry { .. }
        ));
        assert!(matches!(send_error(&refused(404)), SendError::Rejected(why) if why.code == "rejected_404"));
        assert!(matches!(send_error(&refused(403)), SendError::Rejected(why) if why.code == "rejected_403"));
        assert!(matches!(send_error(&refused(500)), SendError::Retry { .. }));
        let invalid = Library::InvalidRequest("no recipient".into());
        assert!(matches!(send_error(&invalid), SendError::Rejected(why) if why.code == "invalid"));
        let broken = std::io::Error::other("broken pipe");
        let socket = ClientError::Socket(whatsapp_rust::socket::error::SocketError::Io(broken));
        assert!(matches!(
            send_error(&Library::Client(socket)),
            SendError::Unknown { .. }
        ));
    }
}
