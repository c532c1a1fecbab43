//! Pushes to a joined channel: leave, broadcast, presence and a new access token.

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::frame::{Incoming, Outgoing, Payload, Vsn};
use super::hub::{Inbox, message};
use super::reply;
use super::socket::{End, Socket};

impl Socket {
    pub(super) async fn handle_leave(&mut self, topic: &str, r#ref: Value) -> Result<(), End> {
        let Some(channel) = self.channels.remove(topic) else { return Ok(()) };
        self.send(reply::ok(channel.reply_ref.clone(), r#ref, topic)).await?;
        self.send(reply::close(&channel.join_ref, topic)).await?;
        self.leave_room(&channel);
        Ok(())
    }

    pub(super) async fn handle_access_token(&mut self, topic: &str, incoming: Incoming) -> Result<(), End> {
        let Payload::Json(payload) = &incoming.payload else { return Ok(()) };
        let Some(token) = payload.get("access_token").and_then(Value::as_str) else { return Ok(()) };
        let same = self.channels.get(topic).is_some_and(|channel| channel.token.as_deref() == Some(token));
        if same || token.starts_with("sb_") {
            return Ok(());
        }
        let claims = match self.server.verify(token) {
            Ok(claims) => claims,
            Err(refusal) => return self.shut_down(topic, &refusal.system_message()).await,
        };
        let Some(channel) = self.channels.get_mut(topic) else { return Ok(()) };
        let policy = self.server.policy(&channel.key.name, Some(&claims));
        if channel.options.private && !policy.read {
            let text = format!("You do not have permissions to read from this Channel topic: {}", channel.key.name);
            return self.shut_down(topic, &text).await;
        }
        channel.may_write = !channel.options.private || policy.write;
        channel.token = Some(token.to_owned());
        channel.jti = claims.jti;
        channel.expires = Some(self.server.instant_of(claims.exp));
        if !channel.subscribing.bindings.is_empty() {
            channel.subscribing.due = Some(Instant::now() + self.server.subscribed_delay(&channel.key.name));
        }
        Ok(())
    }

    pub(super) async fn handle_presence(&mut self, topic: &str, incoming: Incoming) -> Result<(), End> {
        let knobs = self.server.knobs();
        let Some(channel) = self.channels.get_mut(topic) else { return Ok(()) };
        let (join_ref, r#ref) = (channel.reply_ref.clone(), incoming.r#ref);
        let Payload::Json(payload) = incoming.payload else { return Ok(()) };
        let event = match payload.get("event") {
            Some(Value::String(event)) => event.to_ascii_lowercase(),
            Some(_) => return self.crash(topic).await,
            None => return self.send(reply::ok(join_ref, r#ref, topic)).await,
        };
        let tracked = match (event.as_str(), payload.get("payload")) {
            ("untrack", _) => None,
            ("track", _) if !channel.may_write => {
                return self.send(reply::reply(join_ref, r#ref, topic, "error", json!({}))).await;
            }
            ("track", None) => Some(Map::new()),
            ("track", Some(Value::Object(payload))) => Some(payload.clone()),
            ("track", Some(_)) => {
                return self.send(reply::error(join_ref, r#ref, topic, "Presence track payload must be a map")).await;
            }
            _ => return self.send(reply::reply(join_ref, r#ref, topic, "error", json!({}))).await,
        };
        if !channel.count_presence_call(knobs.presence_calls, knobs.presence_window) {
            return self.shut_down(topic, "Client presence rate limit exceeded").await;
        }
        if payload.get("payload").is_some_and(|payload| payload.to_string().len() > knobs.payload_bytes) {
            return self.shut_down(topic, "Track message size exceeded").await;
        }
        // The same payload again changes nothing and gets no diff.
        if tracked.is_none() || channel.tracked != tracked {
            let key = channel.options.presence_key.clone();
            self.server.hub.room(&channel.key, |room| {
                let diff = match tracked.clone() {
                    Some(payload) => Some(room.presences.track(channel.member, &key, payload)),
                    None => room.presences.untrack(channel.member),
                };
                if let Some(diff) = diff {
                    room.send(None, None, &message(Value::Null, topic, "presence_diff", diff));
                }
            });
            channel.tracked = tracked;
        }
        // The diff waits in the inbox, so the reply comes first here; the real server does it either way.
        self.send(reply::ok(join_ref, r#ref, topic)).await
    }

    /// A broadcast: to the room, then the acknowledgement if the join asked for it.
    pub(super) async fn handle_broadcast(&mut self, topic: &str, incoming: Incoming) -> Result<(), End> {
        let knobs = self.server.knobs();
        let Some(channel) = self.channels.get_mut(topic) else { return Ok(()) };
        if self.vsn == Vsn::V2 && matches!(&incoming.payload, Payload::Json(payload) if !payload.is_object()) {
            return self.crash(topic).await;
        }
        if !channel.count_message(knobs.messages_per_second) {
            return self.shut_down(topic, "Too many messages per second").await;
        }
        let acknowledge = channel.options.ack.then(|| (channel.reply_ref.clone(), incoming.r#ref, channel.member));
        let (size, frame) = match incoming.payload {
            Payload::Json(payload) => (payload.to_string().len(), message(Value::Null, topic, "broadcast", payload)),
            Payload::Raw(bytes) => (bytes.len(), Outgoing::Raw { topic: topic.to_owned(), event: "broadcast", bytes }),
            Payload::User { event, encoding, bytes } => {
                (bytes.len(), Outgoing::User { topic: topic.to_owned(), event, meta: None, encoding, bytes })
            }
        };
        // A write that the policies forbid is dropped in silence, acknowledged or not.
        if !channel.may_write {
            return Ok(());
        }
        let answer = if size > knobs.payload_bytes {
            ("error", json!("payload_size_exceeded"))
        } else {
            let except = (!channel.options.self_broadcast).then_some(channel.member);
            self.server.hub.room(&channel.key, |room| room.send(except, None, &frame));
            self.server.counters.count_broadcast();
            ("ok", json!({}))
        };
        if let Some((join_ref, r#ref, member)) = acknowledge {
            // Through the inbox, so that it comes after the own copy of the message.
            let frame = reply::reply(join_ref, r#ref, topic, answer.0, answer.1);
            let _ = self.inbox.send(Inbox::Frame(member, frame));
        }
        Ok(())
    }
}
