//! Questions to the server: numbers, pictures, groups.

use pesan_model::{Address, Phone};
use wacore::iq::usync::IsOnWhatsAppResult;
use wacore_binary::Jid;
use whatsapp_rust::features::{ContactError, GroupError};
use whatsapp_rust::{Client, IqError};

use super::jid::{address, jid};
use crate::provider::{GroupInfo, NumberCheck, Participant, ProviderError};

/// What an unanswered or refused question is told as.
pub(super) fn iq_error(error: &IqError) -> ProviderError {
    match error {
        IqError::Timeout => ProviderError::Timeout,
        IqError::NotConnected | IqError::Disconnected(_) | IqError::InternalChannelClosed | IqError::Socket(_) => {
            ProviderError::NotConnected
        }
        IqError::ServerError { code: 404, .. } => ProviderError::NotFound,
        IqError::ServerError { code, .. } => ProviderError::Failed(format!("WhatsApp answered with code {code}")),
        other => ProviderError::Failed(other.to_string()),
    }
}

fn contact_error(error: &ContactError) -> ProviderError {
    match error {
        ContactError::Iq(error) => iq_error(error),
        other => ProviderError::Failed(other.to_string()),
    }
}

/// Asks which numbers are on WhatsApp; also teaches the library who is who.
pub(super) async fn check_numbers(client: &Client, phones: &[Phone]) -> Result<Vec<NumberCheck>, ProviderError> {
    let jids: Vec<_> = phones.iter().map(|phone| Jid::pn(phone.digits())).collect();
    let answers = ask(client, &jids).await?;
    let mut checks = Vec::with_capacity(phones.len());
    for (phone, asked) in phones.iter().zip(&jids) {
        let about = |answer: &&Answer| answer.jids.iter().any(|jid| jid.is_pn() && jid.user == asked.user);
        checks.push(match answers.iter().find(about) {
            Some(answer) => check(phone, Some(answer)),
            // The server answers with the number as it knows it. Asked alone, the answer is certainly about this one.
            None if jids.len() == 1 => check(phone, answers.first()),
            None => check(phone, ask(client, std::slice::from_ref(asked)).await?.first()),
        });
    }
    Ok(checks)
}

/// The part of an answer that counts.
struct Answer {
    jids: Vec<Jid>,
    is_registered: bool,
}

async fn ask(client: &Client, jids: &[Jid]) -> Result<Vec<Answer>, ProviderError> {
    let answers = client
        .contacts()
        .is_on_whatsapp(jids)
        .await
        .map_err(|error| contact_error(&error))?;
    let of = |answer: IsOnWhatsAppResult| Answer {
        jids: [answer.pn_jid, Some(answer.jid), answer.lid]
            .into_iter()
            .flatten()
            .collect(),
        is_registered: answer.is_registered,
    };
    Ok(answers.into_iter().map(of).collect())
}

fn check(phone: &Phone, answer: Option<&Answer>) -> NumberCheck {
    let known = answer.filter(|answer| answer.is_registered);
    let addresses: Vec<_> = known
        .iter()
        .flat_map(|answer| &answer.jids)
        .filter_map(address)
        .collect();
    let pick = |wanted: fn(&&Address) -> bool| addresses.iter().find(wanted).cloned();
    NumberCheck {
        phone: phone.clone(),
        address: pick(|address| matches!(address, Address::Phone(_))).or_else(|| addresses.first().cloned()),
        lid: pick(|address| matches!(address, Address::Lid(_))),
    }
}

/// Asks where the profile picture is.
pub(super) async fn profile_picture(client: &Client, of: &Address) -> Result<Option<String>, ProviderError> {
    match client.contacts().get_profile_picture(&jid(of), false).await {
        Ok(picture) => Ok(picture.map(|picture| picture.url).filter(|url| !url.is_empty())),
        Err(error) => Err(contact_error(&error)),
    }
}

/// Asks for name and members of a group.
pub(super) async fn group(client: &Client, group: &Address) -> Result<GroupInfo, ProviderError> {
    let info = client
        .groups()
        .get_metadata(&jid(group))
        .await
        .map_err(|error| match &error {
            GroupError::Iq(error) => iq_error(error),
            other => ProviderError::Failed(other.to_string()),
        })?;
    let participants = info
        .participants
        .iter()
        .map(|member| {
            let person = super::jid::person(
                std::iter::once(&member.jid)
                    .chain(&member.phone_number)
                    .chain(&member.lid),
            );
            Participant {
                phone: person.phone,
                lid: person.lid.and_then(|lid| lid.parse().ok()),
                is_admin: member.is_admin() || member.is_super_admin(),
            }
        })
        .collect();
    Ok(GroupInfo {
        subject: info.subject,
        participants,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(jid: &str, lid: Option<&str>, pn: Option<&str>, is_registered: bool) -> Answer {
        let read = |text: &str| text.parse::<Jid>().expect("a JID");
        Answer {
            jids: [pn.map(read), Some(read(jid)), lid.map(read)]
                .into_iter()
                .flatten()
                .collect(),
            is_registered,
        }
    }

    #[test]
    fn an_answer_gives_number_and_lid_and_an_unknown_number_gives_neither() {
        let phone: Phone = "+6280000000001".parse().expect("a number");
        let text = |address: Option<Address>| address.map(|address| address.to_string());
        let by_phone = answer("6280000000001@s.whatsapp.net", Some("1000123@lid"), None, true);
        let by_lid = answer("1000123@lid", None, Some("6280000000001@s.whatsapp.net"), true);
        for answer in [by_phone, by_lid] {
            let check = check(&phone, Some(&answer));
            assert_eq!(text(check.address).as_deref(), Some("6280000000001@s.whatsapp.net"));
            assert_eq!(text(check.lid).as_deref(), Some("1000123@lid"));
        }
        let unknown = answer("6280000000001@s.whatsapp.net", None, None, false);
        for answer in [None, Some(&unknown)] {
            let check = check(&phone, answer);
            assert_eq!((check.address, check.lid, check.phone), (None, None, phone.clone()));
        }
    }

    #[test]
    fn unanswered_and_refused_questions_are_told_apart() {
        let refused = |code| IqError::ServerError {
            code,
            text: String::new(),
            error_type: None,
            backoff: None,
        };
        assert!(matches!(iq_error(&IqError::Timeout), ProviderError::Timeout));
        assert!(matches!(iq_error(&IqError::NotConnected), ProviderError::NotConnected));
        assert!(matches!(iq_error(&refused(404)), ProviderError::NotFound));
        assert!(matches!(iq_error(&refused(403)), ProviderError::Failed(_)));
    }
}
