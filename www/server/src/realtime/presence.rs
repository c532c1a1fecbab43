//! Presence: who is in a room, and the diffs that tell of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};

use super::hub::MemberId;

/// The presences of one room, in the order in which they were first tracked.
#[derive(Default)]
pub struct Presences(Vec<Tracked>);

struct Tracked {
    member: MemberId,
    key: String,
    /// The tracked payload with `phx_ref`, and `phx_ref_prev` after an update.
    meta: Map<String, Value>,
}

impl Presences {
    /// The payload of `presence_state`.
    pub fn state(&self) -> Value {
        let mut state = Map::new();
        for tracked in &self.0 {
            push_meta(&mut state, &tracked.key, &tracked.meta);
        }
        Value::Object(state)
    }

    /// Tracks or updates a member and returns the diff.
    pub fn track(&mut self, member: MemberId, key: &str, payload: Map<String, Value>) -> Value {
        let (mut joins, mut leaves) = (Map::new(), Map::new());
        let mut meta = payload;
        meta.insert("phx_ref".into(), json!(fresh_ref()));
        if let Some(tracked) = self.0.iter_mut().find(|tracked| tracked.member == member) {
            push_meta(&mut leaves, key, &tracked.meta);
            if let Some(before) = tracked.meta.get("phx_ref") {
                meta.insert("phx_ref_prev".into(), before.clone());
            }
            tracked.meta = meta.clone();
        } else {
            self.0.push(Tracked { member, key: key.to_owned(), meta: meta.clone() });
        }
        push_meta(&mut joins, key, &meta);
        json!({ "joins": joins, "leaves": leaves })
    }

    /// Forgets a member; `None` when it was not tracked.
    pub fn untrack(&mut self, member: MemberId) -> Option<Value> {
        let index = self.0.iter().position(|tracked| tracked.member == member)?;
        let gone = self.0.remove(index);
        let mut leaves = Map::new();
        push_meta(&mut leaves, &gone.key, &gone.meta);
        Some(json!({ "joins": {}, "leaves": leaves }))
    }
}

fn push_meta(state: &mut Map<String, Value>, key: &str, meta: &Map<String, Value>) {
    let entry = state.entry(key).or_insert_with(|| json!({ "metas": [] }));
    if let Some(metas) = entry.get_mut("metas").and_then(Value::as_array_mut) {
        metas.push(Value::Object(meta.clone()));
    }
}

/// Sixteen characters, as the real server makes them of a moment and a counter.
fn fresh_ref() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let mut bytes = nanos.to_be_bytes().to_vec();
    bytes.extend_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn an_update_is_a_leave_and_a_join_that_names_the_ref_before() {
        let mut presences = Presences::default();
        let first = presences.track(1, "alice", payload(json!({ "mood": "ok" })));
        let first_ref = &first["joins"]["alice"]["metas"][0]["phx_ref"];
        let update = presences.track(1, "alice", payload(json!({ "mood": "great" })));
        assert_eq!(update["leaves"]["alice"]["metas"][0]["phx_ref"], *first_ref);
        assert_eq!(update["joins"]["alice"]["metas"][0]["phx_ref_prev"], *first_ref);
    }

    #[test]
    fn one_key_can_hold_several_metas_and_goes_with_the_last() {
        let mut presences = Presences::default();
        presences.track(1, "alice", payload(json!({ "on": "desk" })));
        presences.track(2, "alice", payload(json!({ "on": "phone" })));
        assert_eq!(presences.state()["alice"]["metas"].as_array().unwrap().len(), 2);
        presences.untrack(1);
        presences.untrack(2);
        assert_eq!((presences.state(), presences.untrack(2)), (json!({}), None));
    }
}
