//! `phx_join`: what is checked, in which order, and what a channel starts with.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::channel::{Channel, Options, Subscribing, bindings};
use super::frame::{Encoding, Incoming, Outgoing, Payload};
use super::hub::{Inbox, Kept, RoomKey, message};
use super::reply;
use super::socket::{End, Socket};
use crate::jwt::{Claims, Refusal};

/// Replays hold at most this many messages.
const REPLAY_LIMIT: u64 = 25;

impl Socket {
    /// Joins, or says why not. A failed join blocks the whole socket for a while, as the real one does.
    pub(super) async fn handle_join(&mut self, incoming: Incoming, delayed: bool) -> Result<(), End> {
        self.server.counters.count_join();
        let Some(name) = incoming.topic.strip_prefix("realtime:").map(str::to_owned) else {
            return self.send(reply::unmatched(incoming.r#ref, &incoming.topic)).await;
        };
        if !delayed {
            let fault = self.server.faults().join_for(&name);
            if let Some(fault) = fault {
                if fault.silent {
                    return Ok(());
                }
                if let Some(reason) = fault.reason {
                    sleep(fault.delay).await;
                    return self.refuse_join(&incoming, &reason).await;
                }
                if fault.block {
                    sleep(fault.delay).await;
                } else if fault.delay > Duration::ZERO {
                    let inbox = self.inbox.clone();
                    tokio::spawn(async move {
                        sleep(fault.delay).await;
                        // The socket may be gone by then.
                        let _ = inbox.send(Inbox::LateJoin(incoming));
                    });
                    return Ok(());
                }
            }
        }
        match self.check_join(&name, &incoming) {
            Ok((options, claims)) => self.accept_join(name, incoming, options, claims).await,
            Err(reason) => {
                let too_many = reason.starts_with("ClientJoinRateLimitReached");
                self.refuse_join(&incoming, &reason).await?;
                if too_many { Err(End::Close(1001, String::new())) } else { Ok(()) }
            }
        }
    }

    async fn refuse_join(&mut self, incoming: &Incoming, reason: &str) -> Result<(), End> {
        self.server.counters.count_refused_join();
        let delay = if reason.starts_with("ClientJoinRateLimitReached") {
            Duration::ZERO
        } else {
            self.server.knobs().join_error_delay
        };
        sleep(delay).await;
        let (join_ref, r#ref) = (incoming.join_ref.clone(), incoming.r#ref.clone());
        self.send(reply::error(join_ref, r#ref, &incoming.topic, reason)).await
    }

    fn check_join(&mut self, name: &str, incoming: &Incoming) -> Result<(Options, Option<Claims>), String> {
        if name.is_empty() {
            return Err("TopicNameRequired: You must provide a topic name".into());
        }
        let Payload::Json(payload) = &incoming.payload else {
            return Err("UnknownErrorOnChannel: no function clause matching in Access.get/3".into());
        };
        if !payload.is_object() || payload.get("config").is_some_and(|config| !config.is_object()) {
            return Err("UnknownErrorOnChannel: no function clause matching in Access.get/3".into());
        }
        let knobs = self.server.knobs();
        if self.server.counters.joins_over(knobs.joins_per_second) {
            return Err("ClientJoinRateLimitReached: Too many joins per second".into());
        }
        if self.server.hub.users_over(knobs.connections, Some(self.id)) {
            return Err("ConnectionRateLimitReached: Too many connected users".into());
        }
        let others = self.channels.keys().filter(|topic| **topic != incoming.topic).count();
        if others >= knobs.channels_per_socket {
            return Err("ChannelRateLimitReached: Too many channels".into());
        }
        let claims = self.claims(self.join_token(payload).as_deref()).map_err(|refusal| refusal.join_reason())?;
        let options = Options::parse(payload);
        if options.private && !self.server.policy(name, claims.as_ref()).read {
            return Err(format!("Unauthorized: You do not have permissions to read from this Channel topic: {name}"));
        }
        if options.replay.is_some() && !options.private {
            return Err("UnableToReplayMessages: Replay is not allowed for public channels".into());
        }
        if options.replay.as_ref().is_some_and(|replay| replay_params(replay).is_none()) {
            return Err("UnableToReplayMessages: Replay params are not valid".into());
        }
        Ok((options, claims))
    }

    /// The token of a join: `user_token` or `access_token`, and the key of the socket when that is none or `sb_…`.
    fn join_token(&self, payload: &Value) -> Option<String> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        match text("user_token").or_else(|| text("access_token")) {
            Some(token) if !token.starts_with("sb_") => Some(token.to_owned()),
            _ => self.key_token.clone(),
        }
    }

    /// What a token claims. No token at all is a publishable key: the role `anon`, which never expires.
    pub(super) fn claims(&self, token: Option<&str>) -> Result<Option<Claims>, Refusal> {
        token.map(|token| self.server.verify(token)).transpose()
    }

    async fn accept_join(
        &mut self,
        name: String,
        incoming: Incoming,
        options: Options,
        claims: Option<Claims>,
    ) -> Result<(), End> {
        let Payload::Json(payload) = &incoming.payload else { return Ok(()) };
        let replaced = self.channels.remove(&incoming.topic);
        if let Some(replaced) = &replaced {
            self.leave_room(replaced);
        }
        self.server.hub.add_user(self.id);
        let key = RoomKey { name: name.clone(), private: options.private };
        let replay = options.replay.as_ref().and_then(replay_params);
        let kept = replay.map_or_else(Vec::new, |(since, limit)| self.server.hub.kept_since(&key, since, limit));
        let member = self.server.hub.fresh();
        let bindings = bindings(payload, &name);
        let echo: Vec<_> = bindings.iter().map(|binding| binding.echo()).collect();
        let join_ref = incoming.join_ref.clone();
        let reply_ref = if join_ref.is_null() { incoming.r#ref.clone() } else { join_ref.clone() };
        let channel = Channel {
            topic: incoming.topic.clone(),
            member,
            join_ref: join_ref.clone(),
            reply_ref,
            may_write: !options.private || self.server.policy(&name, claims.as_ref()).write,
            token: self.join_token(payload),
            jti: claims.as_ref().and_then(|claims| claims.jti.clone()),
            expires: claims.as_ref().map(|claims| self.server.instant_of(claims.exp)),
            subscribing: Subscribing {
                due: (!bindings.is_empty()).then(|| Instant::now() + self.server.subscribed_delay(&name)),
                bindings,
                active: Vec::new(),
            },
            presence_window: (0, None),
            tracked: None,
            message_window: (0, Instant::now()),
            replayed: kept.iter().map(|message| message.id.clone()).collect(),
            key: key.clone(),
            options,
        };
        let response = json!({ "postgres_changes": echo });
        self.send(reply::reply(join_ref.clone(), incoming.r#ref, &incoming.topic, "ok", response)).await?;
        if let Some(replaced) = replaced {
            self.send(reply::close(&replaced.join_ref, &replaced.topic)).await?;
        }
        // Entering the room and reading its state happen under one lock: no diff falls between the two.
        let state = self.server.hub.room(&key, |room| {
            room.members.insert(member, self.inbox.clone());
            room.presences.state()
        });
        if channel.options.presence_enabled {
            self.send(message(join_ref.clone(), &channel.topic, "presence_state", state)).await?;
        }
        for kept in kept {
            let frame = replayed(&channel, kept);
            self.send(frame).await?;
        }
        if channel.options.replication_ready {
            let text = "Replication connection established";
            self.send(reply::system(&join_ref, &channel.topic, "system", "ok", text)).await?;
        }
        self.channels.insert(incoming.topic, channel);
        Ok(())
    }
}

/// `since` in milliseconds and `limit`; `None` when they are no replay parameters.
fn replay_params(replay: &Value) -> Option<(i64, usize)> {
    let since = replay.get("since")?.as_i64()?;
    let limit = match replay.get("limit") {
        None | Some(Value::Null) => REPLAY_LIMIT,
        Some(limit) => limit.as_u64().filter(|limit| (1..=REPLAY_LIMIT).contains(limit))?,
    };
    Some((since, limit as usize))
}

/// A replayed message: JSON as text with the join_ref, binary as kind 4.
fn replayed(channel: &Channel, kept: Kept) -> Outgoing {
    let meta = json!({ "id": kept.id, "replayed": true });
    match kept.encoding {
        Encoding::Json => {
            let inner: Value = serde_json::from_slice(&kept.bytes).unwrap_or(Value::Null);
            let payload = json!({ "type": "broadcast", "event": kept.event, "meta": meta, "payload": inner });
            message(channel.join_ref.clone(), &channel.topic, "broadcast", payload)
        }
        Encoding::Binary => Outgoing::User {
            topic: channel.topic.clone(),
            event: kept.event,
            meta: Some(meta),
            encoding: Encoding::Binary,
            bytes: Bytes::clone(&kept.bytes),
        },
    }
}
