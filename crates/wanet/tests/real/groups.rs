//! Groups of phones and clients.

use wacore::stanza::groups::GroupNotificationAction;
use wanet::{Network, NewPhone, Options};
use whatsapp_rust::features::MembershipApprovalMode;
use whatsapp_rust::prelude::*;
use whatsapp_rust::{CreateCommunityOptions, GroupCreateOptions, GroupParticipantOptions};

use crate::client::{PATIENCE, TestClient, jid};

const ADA: &str = "15550100001";
const BOB: &str = "15550100002";
const EVE: &str = "15550100003";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_client_reaches_clients_and_phones() {
    let network = Network::start(Options::default()).await.expect("it starts");
    network
        .add_phone(&NewPhone {
            phone: EVE.into(),
            ..NewPhone::default()
        })
        .expect("added");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let people = [BOB, EVE].map(|phone| GroupParticipantOptions::builder().jid(jid(phone)).build());
    let options = GroupCreateOptions::builder()
        .subject("Walkers")
        .participants(people.to_vec())
        .build();
    let made = ada.client.groups().create_group(options).await.expect("made");
    let group = made.metadata.id.clone();
    bob.heard
        .first("the group", |e| matches!(e, Event::GroupUpdate(_)).then_some(()))
        .await;

    ada.client.send_text(group.clone(), "who walks?").await.expect("sent");
    let (info, _) = bob.text("who walks?").await;
    assert!(info.source.is_group);
    let seen = network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("who walks?"))
        .await
        .expect("seen");
    assert_eq!(
        (seen.chat, seen.from.as_str(), seen.encryption.as_deref()),
        (group.to_string(), ADA, Some("skmsg"))
    );

    network.phone_send_text(EVE, &group.to_string(), "I do").expect("sent");
    ada.text("I do").await;
    bob.text("I do").await;
    bob.client.send_text(group.clone(), "me too").await.expect("sent");
    ada.text("me too").await;
    network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("me too"))
        .await
        .expect("seen");
    network
        .wait_message(EVE, PATIENCE, |m| {
            m.text.as_deref() == Some("I do") && m.receipts.len() >= 2
        })
        .await
        .expect("the clients confirm");
    network
        .wait_stats(PATIENCE, |stats| stats.queued == 0)
        .await
        .expect("all is acknowledged");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    assert_eq!(network.stats().retries, 0);
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_by_a_phone_can_be_changed() {
    let network = Network::start(Options::default()).await.expect("it starts");
    for phone in [BOB, EVE] {
        network
            .add_phone(&NewPhone {
                phone: phone.into(),
                ..NewPhone::default()
            })
            .expect("added");
    }
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let group = network.create_group(BOB, "Readers", &[ADA.into()]).expect("made");
    let update = |what: &'static str, client: &TestClient| {
        let heard = std::sync::Arc::clone(&client.heard);
        async move {
            heard
                .first(what, |e| matches!(e, Event::GroupUpdate(_)).then_some(()))
                .await;
        }
    };
    update("the group", &ada).await;
    let groups = ada.client.groups().get_participating().await.expect("answered");
    assert_eq!(groups.len(), 1);
    network.phone_send_text(BOB, &group, "welcome").expect("sent");
    ada.text("welcome").await;

    ada.heard.forget();
    network.group_add(BOB, &group, &[EVE.into()]).expect("added");
    update("the new member", &ada).await;
    ada.client
        .send_text(group.parse::<Jid>().expect("a JID"), "hello Eve")
        .await
        .expect("sent");
    network
        .wait_message(EVE, PATIENCE, |m| m.text.as_deref() == Some("hello Eve"))
        .await
        .expect("seen");

    ada.heard.forget();
    network.group_subject(BOB, &group, "Writers").expect("renamed");
    update("the new subject", &ada).await;
    ada.heard.forget();
    network.group_remove(BOB, &group, &[EVE.into()]).expect("removed");
    update("who left", &ada).await;
    network.phone_send_text(BOB, &group, "without Eve").expect("sent");
    ada.text("without Eve").await;
    assert!(
        network
            .phone_messages(EVE, 0)
            .expect("an inbox")
            .iter()
            .all(|m| m.text.as_deref() != Some("without Eve"))
    );
    assert!(network.phone_send_text(EVE, &group, "let me in").is_err());
    assert!(
        network.group_add(ADA, &group, &[EVE.into()]).is_err(),
        "Ada is no administrator"
    );
    let kinds: Vec<String> = network
        .phone_happenings(EVE, 0)
        .expect("happenings")
        .into_iter()
        .map(|h| h.kind)
        .collect();
    assert_eq!(kinds, ["group_add", "group_subject", "group_remove"]);
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_keeps_how_long_messages_stay_and_whether_joining_needs_a_yes() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let group = made(&ada, "Quiet ones").await;
    let groups = ada.client.groups();
    let added = groups.add_participants(&group, &[jid(BOB)]).await.expect("added");
    assert!(added[0].is_ok() && added[0].status.as_deref() == Some("200"));
    let whole = |event: &Event| match event {
        Event::GroupUpdate(update) => matches!(update.action, GroupNotificationAction::Create { .. }).then_some(()),
        _ => None,
    };
    bob.heard.first("the whole group, which is new to him", whole).await;
    for (seconds, on) in [(86_400, true), (0, false)] {
        let mode = if on {
            MembershipApprovalMode::On
        } else {
            MembershipApprovalMode::Off
        };
        groups.set_ephemeral(&group, seconds).await.expect("set");
        groups.set_membership_approval(&group, mode).await.expect("set");
        let known = groups.get_metadata(&group).await.expect("answered");
        let stay = known.ephemeral.and_then(|ephemeral| ephemeral.expiration).unwrap_or(0);
        assert_eq!((stay, known.membership_approval), (seconds, on));
    }
    let his = bob.client.groups();
    let refused = his.set_membership_approval(&group, MembershipApprovalMode::On).await;
    assert!(refused.is_err(), "Bob is no administrator");
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}

async fn made(client: &TestClient, subject: &str) -> Jid {
    let options = GroupCreateOptions::builder().subject(subject).build();
    let made = client.client.groups().create_group(options).await.expect("made");
    made.metadata.id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_community_has_its_own_groups_and_takes_others_in() {
    let network = Network::start(Options::default()).await.expect("it starts");
    let (ada, _) = TestClient::linked(&network, ADA, "Ada").await;
    let (bob, _) = TestClient::linked(&network, BOB, "Bob").await;
    let ours = ada.client.community();
    let community = ours.create(CreateCommunityOptions::new("Town")).await.expect("made");
    let (community, is_parent) = (community.metadata.id, community.metadata.is_parent_group);
    assert!(is_parent);
    let street = made(&ada, "Our street").await;
    let one = std::slice::from_ref(&street);
    let link = ours.link_subgroups(&community, one);
    assert_eq!(link.await.expect("linked").linked_jids, one);
    let again = ours.link_subgroups(&community, one);
    assert_eq!(again.await.expect("answered").failed_groups, [(street.clone(), 409)]);
    let groups = ours.get_subgroups(&community).await.expect("answered");
    assert_eq!(groups.iter().filter(|group| group.is_default_sub_group).count(), 1);
    assert_eq!(groups.iter().filter(|group| group.is_general_chat).count(), 1);
    assert!(groups.iter().any(|group| group.id == street));

    let theirs = bob.client.community();
    assert!(theirs.get_subgroups(&community).await.is_err(), "Bob is not in it");
    assert!(theirs.join_subgroup(&community, &street).await.is_err());
    let added = ada.client.groups().add_participants(&community, &[jid(BOB)]).await;
    assert!(added.expect("added")[0].is_ok());
    let announcements = groups.iter().find(|group| group.is_default_sub_group).expect("one");
    let told = bob
        .client
        .groups()
        .get_metadata(&announcements.id)
        .await
        .expect("Bob is in it");
    assert_eq!(told.participants.len(), 2);
    let joined = theirs.join_subgroup(&community, &street).await.expect("joined");
    assert_eq!(joined.participants.len(), 2);
    let counts = ours
        .get_subgroup_participant_counts(&community)
        .await
        .expect("answered");
    assert!(counts.contains(&(street.clone(), 2)), "{counts:?}");
    let people = ours.get_linked_groups_participants(&community).await.expect("answered");
    assert_eq!(people.len(), 2);
    assert!(theirs.deactivate(&community).await.is_err(), "Bob is no administrator");

    let unlink = ours.unlink_subgroups(&community, one, false);
    assert_eq!(unlink.await.expect("unlinked").unlinked_jids, one);
    assert!(ours.query_linked_group(&community, &street).await.is_err());
    ours.deactivate(&community).await.expect("ended");
    assert!(ada.client.groups().get_metadata(&community).await.is_err());
    assert!(ada.client.groups().get_metadata(&street).await.is_ok());
    assert_eq!(network.stats().unknown, std::collections::BTreeMap::new());
    ada.stop().await;
    bob.stop().await;
    network.shutdown().await;
}
