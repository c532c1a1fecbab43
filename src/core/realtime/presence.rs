//! Who is present on a topic: the whole state, and the differences that keep it current.
//!
//! The semantics are Phoenix's (`Phoenix.Presence`, and `presence.js` of its client); keys are text and nothing else, so
//! that `__proto__` is a key like any other.

use std::borrow::Cow;

use crate::core::base::Json;
use crate::core::base::json_write::{push_comma, push_name, push_string};
use crate::core::effect::PresenceEvent;

/// Differences that are kept while the state is on its way; what is older gives way, since the state will hold it.
const PENDING_LIMIT: usize = 200;

/// Two states: waiting for the state of the current join, with the differences that came early; and synced.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    entries: Vec<Entry>,
    early: Vec<String>,
    synced: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    metas: Vec<Meta>,
}

/// One place from which a key is present.
#[derive(Clone, Debug)]
struct Meta {
    reference: String,
    /// As the page sees it: `presence_ref` in place of Phoenix's own names.
    text: String,
}

impl Presence {
    /// A new join has begun: its state will come, and differences wait for it. What is known stays shown until then.
    pub(crate) fn rejoin(&mut self) {
        self.synced = false;
        self.early.clear();
    }

    /// Whether the state of the current join has come.
    pub(crate) fn is_synced(&self) -> bool {
        self.synced
    }

    /// Takes the whole state; tells what is new against what was known, applies what came early, and says that it is whole.
    pub(crate) fn handle_state(&mut self, state: Json<'_>, events: &mut Vec<PresenceEvent>) {
        let fresh = read_entries(state);
        for entry in &fresh {
            self.join(entry, events);
        }
        let gone: Vec<Entry> = self
            .entries
            .iter()
            .map(|known| {
                let still = fresh.iter().find(|entry| entry.key == known.key);
                let metas = known.metas.iter().filter(|meta| !still.is_some_and(|entry| entry.has(&meta.reference)));
                Entry { key: known.key.clone(), metas: metas.cloned().collect() }
            })
            .filter(|entry| !entry.metas.is_empty())
            .collect();
        for entry in &gone {
            self.leave(entry, events);
        }
        self.synced = true;
        for diff in core::mem::take(&mut self.early) {
            if let Some(diff) = Json::parse(&diff) {
                self.apply(diff, events);
            }
        }
        events.push(PresenceEvent::Sync);
    }

    /// Takes a difference, or keeps it until the state has come.
    pub(crate) fn handle_diff(&mut self, diff: Json<'_>, events: &mut Vec<PresenceEvent>) {
        if !self.synced {
            if self.early.len() == PENDING_LIMIT {
                self.early.remove(0);
            }
            self.early.push(diff.text().to_owned());
            return;
        }
        self.apply(diff, events);
        events.push(PresenceEvent::Sync);
    }

    fn apply(&mut self, diff: Json<'_>, events: &mut Vec<PresenceEvent>) {
        for entry in diff.get("joins").map(read_entries).unwrap_or_default() {
            self.join(&entry, events);
        }
        for entry in diff.get("leaves").map(read_entries).unwrap_or_default() {
            self.leave(&entry, events);
        }
    }

    fn join(&mut self, joined: &Entry, events: &mut Vec<PresenceEvent>) {
        let known = self.entries.iter_mut().find(|entry| entry.key == joined.key);
        let known = match known {
            Some(known) => known,
            None => {
                self.entries.push(Entry { key: joined.key.clone(), metas: Vec::new() });
                let Some(last) = self.entries.last_mut() else { return };
                last
            }
        };
        let new: Vec<Meta> = joined.metas.iter().filter(|meta| !known.has(&meta.reference)).cloned().collect();
        if new.is_empty() {
            self.entries.retain(|entry| !entry.metas.is_empty());
            return;
        }
        events.push(PresenceEvent::Join {
            key: joined.key.clone(),
            current: metas_to_json(&known.metas),
            new: metas_to_json(&new),
        });
        known.metas.extend(new);
    }

    fn leave(&mut self, gone: &Entry, events: &mut Vec<PresenceEvent>) {
        let Some(known) = self.entries.iter_mut().find(|entry| entry.key == gone.key) else { return };
        let (left, rest): (Vec<Meta>, Vec<Meta>) = known.metas.drain(..).partition(|meta| gone.has(&meta.reference));
        known.metas = rest;
        if !left.is_empty() {
            events.push(PresenceEvent::Leave {
                key: gone.key.clone(),
                current: metas_to_json(&known.metas),
                left: metas_to_json(&left),
            });
        }
        self.entries.retain(|entry| !entry.metas.is_empty());
    }

    /// The state as JSON: pairs of key and list, in an array, so that no key can be taken for something else on its way.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::from("[");
        for entry in &self.entries {
            push_comma(&mut out);
            out.push('[');
            push_string(&mut out, &entry.key);
            out.push(',');
            out.push_str(&metas_to_json(&entry.metas));
            out.push(']');
        }
        out.push(']');
        out
    }
}

impl Entry {
    fn has(&self, reference: &str) -> bool {
        self.metas.iter().any(|meta| meta.reference == reference)
    }
}

fn read_entries(map: Json<'_>) -> Vec<Entry> {
    map.members()
        .map(|(key, entry)| Entry {
            key: key.into_owned(),
            metas: entry.get("metas").into_iter().flat_map(Json::items).map(read_meta).collect(),
        })
        .collect()
}

fn read_meta(meta: Json<'_>) -> Meta {
    let reference = meta.get_str("phx_ref").unwrap_or(Cow::Borrowed(""));
    let mut text = String::from("{");
    push_name(&mut text, "presence_ref");
    push_string(&mut text, &reference);
    for (name, value) in meta.members() {
        if !matches!(&*name, "phx_ref" | "phx_ref_prev" | "presence_ref") {
            push_name(&mut text, &name);
            text.push_str(value.text());
        }
    }
    text.push('}');
    Meta { reference: reference.into_owned(), text }
}

fn metas_to_json(metas: &[Meta]) -> String {
    let mut out = String::from("[");
    for meta in metas {
        push_comma(&mut out);
        out.push_str(&meta.text);
    }
    out.push(']');
    out
}
