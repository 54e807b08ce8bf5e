//! The GraphQL part of the protocol: questions with a number for their text, and variables.
//!
//! The numbers of most questions change with every release of WhatsApp Web, so what is meant is told by the variables;
//! only where two questions have the same variables does the number decide.

use serde_json::{Value, json};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::error::Error;
use crate::hub::Hub;
use crate::ids::{self, Address};
use crate::wire::{self, NodeExt as _};

impl Hub {
    pub(crate) fn on_mex(&self, owner: Address, iq: &Node) -> Node {
        let query = iq.child("query");
        let number = query.and_then(|query| query.text("query_id")).unwrap_or_default();
        let asked: Value = query
            .and_then(|query| query.bytes())
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or_default();
        let answer = match self.answer(owner.phone, &number, &asked["variables"]) {
            Some(Ok(data)) => json!({ "data": data }),
            Some(Err(error)) => refusal(code_of(&error), &error.to_string()),
            None => {
                self.unknown(iq);
                refusal(400, "unknown query")
            }
        };
        let answer = NodeBuilder::new("result").bytes(answer.to_string().into_bytes());
        wire::result(iq, [answer.build()])
    }

    /// The answer to a question, if it is one that is understood here.
    fn answer(&self, asker: u64, number: &str, variables: &Value) -> Option<Result<Value, Error>> {
        let community = variables["group_id"]
            .as_str()
            .or_else(|| variables["input"]["group_jid"].as_str());
        match community {
            Some(community) => Some(self.subgroups(asker, ids::user_of(community))),
            None => self.on_newsletter_query(asker, number, variables),
        }
    }
}

fn code_of(error: &Error) -> u16 {
    match error {
        Error::NotFound { .. } => 404,
        Error::Conflict { .. } => 403,
        Error::Invalid { .. } => 400,
        Error::Handshake(_) | Error::Signal(_) | Error::Io { .. } => 500,
    }
}

fn refusal(code: u16, why: &str) -> Value {
    json!({ "data": null, "errors": [{
        "message": why,
        "extensions": { "error_code": code, "is_retryable": false, "severity": "CRITICAL" },
    }] })
}
