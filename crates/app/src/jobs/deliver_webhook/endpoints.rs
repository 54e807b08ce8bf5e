//! How much each endpoint may have under way.

use std::collections::HashMap;
use std::time::Duration;

use pesan_model::{JobId, OrganizationId, Timestamp, WebhookId};
use pesan_store::delivery::queue::DueWebhook;

/// Tries under way in all.
const OVERALL: usize = 256;
/// Of one organization, however many webhooks it has.
const PER_ORGANIZATION: usize = 64;
/// Of one webhook that answers.
const PER_WEBHOOK: usize = 16;
/// Of one webhook whose last try failed, until one succeeds.
const PER_FAILING_WEBHOOK: usize = 2;
/// Longest that a whole endpoint is left alone because one answer asked for it.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What a finished try says about its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It took the event.
    Answers,
    /// It did not.
    Fails,
    /// It did not, and asked to be left alone until then.
    Busy {
        /// Until when.
        until: Timestamp,
    },
    /// It was not tried.
    Unknown,
}

/// A try that has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished {
    pub(super) job: JobId,
    pub(super) webhook: WebhookId,
    pub(super) organization: OrganizationId,
    pub(super) health: Health,
}

#[derive(Debug, Default)]
struct Endpoint {
    running: usize,
    is_failing: bool,
    paused_until: Option<Timestamp>,
}

/// What is under way, by endpoint and organization.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    known: HashMap<WebhookId, Endpoint>,
    organizations: HashMap<OrganizationId, usize>,
    running: usize,
}

impl Endpoints {
    /// How many more tries this webhook may have now. They count as under way until they are released.
    pub(super) fn reserve(&mut self, webhook: &DueWebhook, now: Timestamp) -> usize {
        let of_organization = self.organizations.get(&webhook.organization_id).copied().unwrap_or(0);
        let room = (OVERALL - self.running).min(PER_ORGANIZATION.saturating_sub(of_organization));
        let limit = match self.known.get(&webhook.id) {
            Some(endpoint) if endpoint.paused_until.is_some_and(|until| now < until) => 0,
            Some(endpoint) if endpoint.is_failing => PER_FAILING_WEBHOOK.saturating_sub(endpoint.running),
            Some(endpoint) => PER_WEBHOOK.saturating_sub(endpoint.running),
            None => PER_WEBHOOK,
        };
        let share = limit.min(room);
        self.count(webhook.id, webhook.organization_id, share);
        share
    }

    /// Ends reservations, when it is known how much was claimed.
    pub(super) fn release(&mut self, shares: &[(DueWebhook, usize)]) {
        for (webhook, share) in shares {
            self.discount(webhook.id, webhook.organization_id, *share);
        }
    }

    /// A try begins.
    pub(super) fn started(&mut self, webhook: WebhookId, organization: OrganizationId) {
        self.count(webhook, organization, 1);
    }

    /// A try has ended.
    pub(super) fn finished(&mut self, finished: Finished) {
        if let Some(endpoint) = self.known.get_mut(&finished.webhook) {
            match finished.health {
                Health::Answers => {
                    endpoint.is_failing = false;
                    endpoint.paused_until = None;
                }
                Health::Fails => endpoint.is_failing = true,
                Health::Busy { until } => {
                    endpoint.is_failing = true;
                    endpoint.paused_until = Some(until);
                }
                Health::Unknown => {}
            }
        }
        self.discount(finished.webhook, finished.organization, 1);
    }

    /// When the first endpoint that asked for a pause may be tried again.
    pub(super) fn next_resume(&self, now: Timestamp) -> Option<Timestamp> {
        self.known
            .values()
            .filter_map(|endpoint| endpoint.paused_until)
            .filter(|until| *until > now)
            .min()
    }

    fn count(&mut self, webhook: WebhookId, organization: OrganizationId, tries: usize) {
        if tries > 0 {
            self.running += tries;
            *self.organizations.entry(organization).or_default() += tries;
            self.known.entry(webhook).or_default().running += tries;
        }
    }

    fn discount(&mut self, webhook: WebhookId, organization: OrganizationId, tries: usize) {
        self.running = self.running.saturating_sub(tries);
        if let Some(running) = self.organizations.get_mut(&organization) {
            *running = running.saturating_sub(tries);
            if *running == 0 {
                self.organizations.remove(&organization);
            }
        }
        if let Some(endpoint) = self.known.get_mut(&webhook) {
            endpoint.running = endpoint.running.saturating_sub(tries);
            // What answers as it should need not be remembered.
            if endpoint.running == 0 && !endpoint.is_failing {
                self.known.remove(&webhook);
            }
        }
    }
}

/// How long a whole endpoint is left alone that asked for `wait`.
pub(super) fn pause(wait: Duration) -> Duration {
    wait.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn webhook(organization: u128, number: u128) -> DueWebhook {
        DueWebhook {
            id: WebhookId::from(Uuid::from_u128(number)),
            organization_id: OrganizationId::from(Uuid::from_u128(organization)),
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_secs(1_700_000_000)
    }

    fn finish(endpoints: &mut Endpoints, webhook: DueWebhook, health: Health) {
        endpoints.finished(Finished {
            job: uuid::Uuid::nil().into(),
            webhook: webhook.id,
            organization: webhook.organization_id,
            health,
        });
    }

    #[test]
    fn a_webhook_that_fails_gets_little_until_it_answers() {
        let mut endpoints = Endpoints::default();
        let one = webhook(1, 1);
        assert_eq!(endpoints.reserve(&one, now()), PER_WEBHOOK);
        assert_eq!(endpoints.reserve(&one, now()), 0, "everything is under way");
        finish(&mut endpoints, one, Health::Fails);
        assert_eq!(endpoints.reserve(&one, now()), 0, "15 are still under way");
        for _ in 0..PER_WEBHOOK - 1 {
            finish(&mut endpoints, one, Health::Fails);
        }
        assert_eq!(endpoints.reserve(&one, now()), PER_FAILING_WEBHOOK);
        finish(&mut endpoints, one, Health::Answers);
        assert_eq!(endpoints.reserve(&one, now()), PER_WEBHOOK - 1);
    }

    #[test]
    fn an_endpoint_that_asks_for_it_is_left_alone() {
        let mut endpoints = Endpoints::default();
        let one = webhook(1, 1);
        let until = now().plus(pause(Duration::from_secs(3600)));
        assert_eq!(
            until,
            now().plus(Duration::from_secs(300)),
            "not longer than five minutes"
        );
        let share = endpoints.reserve(&one, now());
        endpoints.release(&[(one, share - 1)]);
        finish(&mut endpoints, one, Health::Busy { until });
        assert_eq!(endpoints.reserve(&one, now()), 0);
        assert_eq!(endpoints.next_resume(now()), Some(until));
        assert_eq!(endpoints.reserve(&one, until), PER_FAILING_WEBHOOK);
        assert_eq!(endpoints.next_resume(until), None);
    }

    #[test]
    fn no_organization_gets_everything() {
        let mut endpoints = Endpoints::default();
        let mut total = 0;
        for number in 0..50 {
            total += endpoints.reserve(&webhook(1, number), now());
        }
        assert_eq!(total, PER_ORGANIZATION);
        assert_eq!(endpoints.reserve(&webhook(2, 100), now()), PER_WEBHOOK);
        for organization in 3..10 {
            for number in 0..4 {
                total += endpoints.reserve(&webhook(organization, organization * 100 + number), now());
            }
        }
        assert_eq!(total + PER_WEBHOOK, OVERALL);
    }

    #[test]
    fn nothing_is_remembered_of_healthy_endpoints() {
        let mut endpoints = Endpoints::default();
        let one = webhook(1, 1);
        let share = endpoints.reserve(&one, now());
        endpoints.release(&[(one, share)]);
        endpoints.started(one.id, one.organization_id);
        finish(&mut endpoints, one, Health::Unknown);
        assert!(endpoints.known.is_empty() && endpoints.organizations.is_empty() && endpoints.running == 0);
    }
}
