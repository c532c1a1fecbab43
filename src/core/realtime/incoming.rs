//! What comes in: which topic it is for, whether it belongs to the current join, and who is told.

use super::channel::{Channel, Owner};
use super::frame::{BroadcastPayload, Incoming, Message, Version};
use super::refusal::{Cure, classify};
use super::topic::{Topic, TopicState};
use super::{Ctx, Followed, Realtime};
use crate::core::WHOLE;
use crate::core::base::{Json, Kind, join, same};
use crate::core::effect::{About, Effect, Notice};
use crate::core::error::Fault;
use crate::core::ids::{ChannelId, TopicId};

/// What the server says of a message to a topic that it does not have.
const UNMATCHED: &str = "unmatched topic";

impl Realtime {
    /// Takes a frame. `true`: it brought news for listeners and nothing else, so nothing comes due sooner through it.
    pub(crate) fn handle_frame(&mut self, ctx: &mut Ctx, frame: Option<Incoming<'_>>) -> bool {
        self.note_life();
        let Some(frame) = frame else {
            ctx.fail(About::Connection, Fault::BadFrame, "", None);
            return false;
        };
        if let (true, Message::Reply { ok, response }, Some(reference)) = (WHOLE, &frame.message, frame.reference) {
            self.handle_reply(ctx, reference, *ok, response.text());
        }
        // A join is answered by its own reference; version 1.0.0 does not say whether it was one.
        if let (Message::Reply { ok: false, .. }, Some(of)) = (&frame.message, frame.reference)
            && frame.join_ref.is_none_or(|join_ref| join_ref == of)
        {
            self.allow_for_refusal();
        }
        let is_news =
            !matches!(frame.message, Message::Reply { .. } | Message::Error(_) | Message::Close | Message::System(_));
        let is_it = |topic: &Topic| same(&topic.wire, &frame.topic);
        let Some(at) = self.topics.iter().position(is_it) else { return is_news };
        if self.is_unmatched(&frame, at) {
            self.end_join(ctx, at, Fault::ChannelClosed, Cure::Retry, UNMATCHED);
        } else if self.accepts(&frame, at, ctx.config.version) {
            self.handle_message(ctx, at, frame.message);
        }
        is_news
    }

    /// "unmatched topic", in answer to a message of the current join: the server does not know that we are joined, so we
    /// are not.
    fn is_unmatched(&self, frame: &Incoming<'_>, at: usize) -> bool {
        let Message::Reply { ok: false, response } = &frame.message else { return false };
        let Some(TopicState::Joined { join_ref, .. }) = self.topics.get(at).map(|topic| topic.state) else {
            return false;
        };
        frame.reference.is_some_and(|of| of > join_ref) && response.get_str("reason").as_deref() == Some(UNMATCHED)
    }

    /// Whether a frame belongs to the topic's current join. In version 1.0.0 the server never says which join it means, but
    /// what ends or answers one carries the reference of the message that began it.
    fn accepts(&self, frame: &Incoming<'_>, at: usize, version: Version) -> bool {
        let Some(topic) = self.topics.get(at) else { return false };
        let Some(join_ref) = topic.join_ref() else { return false };
        match &frame.message {
            Message::Reply { .. } => {
                let awaited = match topic.state {
                    TopicState::Joining { join_ref, .. } => Some(join_ref),
                    TopicState::Leaving { reference, .. } => Some(reference),
                    TopicState::Idle | TopicState::Waiting { .. } | TopicState::Joined { .. } | TopicState::Refused => {
                        None
                    }
                };
                awaited.is_some() && awaited == frame.reference
            }
            Message::Error(_) | Message::Close => match (version, frame.join_ref, frame.reference) {
                (Version::V2, Some(of), _) | (Version::V1, _, Some(of)) => of == join_ref,
                (Version::V2, None, _) | (Version::V1, _, None) => true,
            },
            Message::System(_)
            | Message::PresenceState(_)
            | Message::PresenceDiff(_)
            | Message::Changes(_)
            | Message::Broadcast { .. }
            | Message::Other => topic.is_joined() && frame.join_ref.is_none_or(|of| of == join_ref),
        }
    }

    fn handle_message(&mut self, ctx: &mut Ctx, at: usize, message: Message<'_>) {
        let Some(topic) = self.topics.get_mut(at) else { return };
        let of = topic.id;
        match message {
            Message::Reply { ok, response } => {
                if matches!(topic.state, TopicState::Leaving { .. }) {
                    self.finish_leave(ctx, at);
                } else {
                    self.handle_join_reply(ctx, at, ok, response);
                }
            }
            Message::Close | Message::Error(_) if matches!(topic.state, TopicState::Leaving { .. }) => {
                self.finish_leave(ctx, at);
            }
            Message::Close => {
                let (fault, words) = topic.last_words.take().unwrap_or((Fault::ChannelClosed, String::new()));
                let cure = if words.is_empty() { Cure::Retry } else { classify(&words).1 };
                self.end_join(ctx, at, fault, cure, &words);
            }
            Message::Error(payload) => {
                let reason = payload.get_str("reason").unwrap_or_default();
                self.end_join(ctx, at, Fault::ChannelCrashed, Cure::Retry, &reason);
            }
            Message::System(payload) => self.handle_system(ctx, at, payload),
            Message::PresenceState(_) | Message::PresenceDiff(_) | Message::Broadcast { .. } if !WHOLE => {}
            Message::PresenceState(payload) | Message::PresenceDiff(payload) => {
                let mut events = Vec::new();
                if matches!(message, Message::PresenceState(_)) {
                    topic.presence.handle_state(payload, &mut events);
                } else {
                    topic.presence.handle_diff(payload, &mut events);
                }
                for id in self.page_channels(of, ["presence", "presence"]) {
                    for event in &events {
                        ctx.push(Effect::Notify(Notice::Presence(id, event.clone())));
                    }
                }
            }
            Message::Changes(payload) => self.handle_changes(ctx, at, payload),
            Message::Broadcast { meta, .. } if topic.options.replay.is_some() && topic.has_heard(meta) => {}
            Message::Broadcast { event, payload, meta } => {
                let event = event.unwrap_or_default();
                for id in self.page_channels(of, [&join(&["broadcast ", &event]), "broadcast *"]) {
                    let event = event.clone().into_owned();
                    let notice = match payload {
                        BroadcastPayload::Json(json) => {
                            let meta = meta.map_or("", Json::text).to_owned();
                            Notice::Broadcast(id, event, json.text().to_owned(), meta)
                        }
                        BroadcastPayload::Bytes(bytes) => Notice::Bytes(id, event, bytes.to_owned()),
                    };
                    ctx.push(Effect::Notify(notice));
                }
            }
            Message::Other => {}
        }
    }

    /// The channels of a topic whose page listens for one of two names.
    fn page_channels(&self, of: TopicId, names: [&str; 2]) -> Vec<ChannelId> {
        let hears = |channel: &&Channel| channel.owner == Owner::Page && channel.hears(names);
        self.users(of).filter(hears).map(|channel| channel.id).collect()
    }

    fn handle_system(&mut self, ctx: &mut Ctx, at: usize, payload: Json<'_>) {
        let Some(topic) = self.topics.get_mut(at) else { return };
        let of = topic.id;
        let ok = payload.get_str("status").as_deref() == Some("ok");
        let changes = payload.get_str("extension").as_deref() == Some("postgres_changes");
        let message = payload.get_str("message").unwrap_or_default().into_owned();
        if !ok && !changes {
            topic.last_words = Some((classify(&message).0, message.clone()));
        }
        for id in if WHOLE { self.page_channels(of, ["system", "system"]) } else { Vec::new() } {
            ctx.push(Effect::Notify(Notice::System(id, payload.text().to_owned())));
        }
        match (changes, ok) {
            (true, true) => self.handle_flowing(ctx, at),
            (true, false) => self.handle_flow_error(ctx, at, &message),
            (false, _) => {}
        }
    }

    /// Hands a change to every listener whose entry it matches; a channel is told once, with all keys that matched.
    fn handle_changes(&mut self, ctx: &mut Ctx, at: usize, payload: Json<'_>) {
        let Some(topic) = self.topics.get(at) else { return };
        let [Some(ids), Some(data)] = payload.pick(["ids", "data"]) else { return };
        if data.kind() != Kind::Object {
            return;
        }
        let kind = if WHOLE { data.get_str("type").unwrap_or_default() } else { "".into() };
        let mut named = Vec::new();
        for id in ids.items() {
            if let Some(id) = id.as_u64() {
                named.push(id);
            }
        }
        let mut hit = Vec::new();
        for (place, (params, id)) in topic.asked.params.iter().zip(&topic.asked.ids).enumerate() {
            // Ids are hashes of what was asked: two entries may share one, and then the event tells them apart.
            if named.contains(id) && (!WHOLE || params.event == "*" || params.event.eq_ignore_ascii_case(&kind)) {
                hit.push(place);
            }
        }
        let value = topic.asked.value_of(data);
        for channel in self.users(topic.id) {
            if value.as_deref().is_some_and(|value| !channel.follows(value)) {
                continue;
            }
            let mut keys = Vec::new();
            for listener in &channel.listeners {
                if hit.contains(&listener.place) {
                    keys.push(listener.key);
                }
            }
            if keys.is_empty() {
                continue;
            }
            let text = if WHOLE && channel.exact { super::changes::exact(data) } else { data.text().to_owned() };
            match channel.owner {
                Owner::Page if !WHOLE => {}
                Owner::Page => ctx.push(Effect::Notify(Notice::Change(channel.id, keys, text))),
                Owner::Rows(rows) => ctx.followed.push((rows, Followed::Change(text))),
            }
        }
    }
}
