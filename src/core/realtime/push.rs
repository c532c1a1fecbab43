//! Messages of the page: they wait for the join, keep their order, keep under the rates, and are settled once.

use super::frame::{Outgoing, Reference, encode_bytes, encode_text};
use super::topic::{Topic, TopicState};
use super::{Ctx, Realtime};
use crate::core::base::{Instant, Json};
use crate::core::config::Config;
use crate::core::effect::{Effect, Outcome};
use crate::core::error::Misuse;
use crate::core::ids::{ChannelId, PushId};
use crate::core::{Deadline, Why};

/// A broadcast that is not settled yet.
#[derive(Debug)]
pub(crate) struct Push {
    id: PushId,
    pub(crate) channel: ChannelId,
    topic: String,
    event: String,
    payload: Payload,
    /// A later one of the same event takes the place of this one while it waits.
    latest: bool,
    /// Under which it was sent.
    sent: Option<Reference>,
    /// It was sent, and no answer is asked for.
    done: bool,
    until: Instant,
}

#[derive(Debug)]
enum Payload {
    Json(String),
    Bytes(Vec<u8>),
}

/// What a broadcast carries, as the page gave it.
#[derive(Clone, Copy, Debug)]
pub enum Broadcast<'a> {
    /// JSON text.
    Json(&'a str),
    /// Bytes, which go out as they are.
    Bytes(&'a [u8]),
}

impl Push {
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.is_some()
    }
}

impl Realtime {
    /// Sends a broadcast, at once if the channel is joined and the rate allows it; otherwise it waits up to 10 s.
    pub(crate) fn broadcast(
        &mut self,
        ctx: &mut Ctx<'_>,
        channel: ChannelId,
        event: &str,
        broadcast: Broadcast<'_>,
        latest: bool,
    ) -> Result<PushId, Misuse> {
        let topic = self.channels.iter().find(|known| known.id == channel).ok_or(Misuse::UnknownChannel)?.topic.clone();
        let payload = match broadcast {
            Broadcast::Json(text) if Json::parse(text).is_none() => return Err(Misuse::BadJson),
            Broadcast::Json(text) => Payload::Json(text.to_owned()),
            Broadcast::Bytes(bytes) => {
                let fits = topic.len() <= 246 && event.len() <= 255;
                if ctx.config.version == super::frame::Version::V1 || !fits {
                    return Err(Misuse::BadBytes);
                }
                Payload::Bytes(bytes.to_owned())
            }
        };
        let id = self.next_push();
        if latest {
            self.settle_where(ctx, Outcome::Replaced, |push| {
                push.latest && !push.is_sent() && push.channel == channel && push.event == event
            });
        }
        let waiting = self.pushes.iter().filter(|push| push.channel == channel && !push.is_sent());
        if waiting.count() >= ctx.config.queue_limit {
            let oldest = self.pushes.iter().find(|push| push.channel == channel && !push.is_sent()).map(|push| push.id);
            self.settle_where(ctx, Outcome::Dropped, |push| Some(push.id) == oldest);
        }
        let until = ctx.now + ctx.config.push_timeout;
        let event = event.to_owned();
        self.pushes.push(Push { id, channel, topic, event, payload, latest, sent: None, done: false, until });
        self.send_due(ctx);
        Ok(id)
    }

    /// Shows this client to the others of the topic, now and after every rejoin; `None` takes it back.
    pub(crate) fn track(
        &mut self,
        ctx: &mut Ctx<'_>,
        channel: ChannelId,
        meta: Option<&str>,
    ) -> Result<PushId, Misuse> {
        if meta.is_some_and(|meta| Json::parse(meta).is_none()) {
            return Err(Misuse::BadJson);
        }
        let name = self.channels.iter().find(|known| known.id == channel).ok_or(Misuse::UnknownChannel)?.topic.clone();
        let id = self.next_push();
        let Some(topic) = self.topics.iter_mut().find(|topic| topic.name == name) else {
            ctx.effects.push_back(Effect::Settle(id, Outcome::Dropped));
            return Ok(id);
        };
        topic.track.wanted = meta.map(str::to_owned);
        topic.track.pushes.push((id, ctx.now + ctx.config.push_timeout));
        self.send_due(ctx);
        Ok(id)
    }

    fn next_push(&mut self) -> PushId {
        self.last_push += 1;
        PushId(self.last_push)
    }

    /// Sends what waits and may go.
    pub(crate) fn send_due(&mut self, ctx: &mut Ctx<'_>) {
        let Some(socket) = self.open_socket() else { return };
        for at in 0..self.topics.len() {
            self.send_track(ctx, socket, at);
            self.send_broadcasts(ctx, socket, at);
        }
        self.settle_where(ctx, Outcome::Ok(String::from("{}")), |push| push.done);
    }

    fn send_broadcasts(&mut self, ctx: &mut Ctx<'_>, socket: crate::core::ids::SocketId, at: usize) {
        let version = ctx.config.version;
        for index in 0..self.pushes.len() {
            let (Some(topic), Some(push)) = (self.topics.get_mut(at), self.pushes.get_mut(index)) else { return };
            let TopicState::Joined { join_ref, .. } = topic.state else { return };
            if push.topic != topic.name || push.is_sent() {
                continue;
            }
            if push.latest && topic.latest_at > ctx.now {
                continue;
            }
            if !topic.broadcasts.take(ctx.now) {
                return;
            }
            if push.latest {
                topic.latest_at = ctx.now + ctx.config.latest_interval;
            }
            self.last_reference = self.last_reference.wrapping_add(1).max(1);
            let reference = self.last_reference;
            let effect = match &push.payload {
                Payload::Json(text) => {
                    let message = Outgoing::Broadcast(&push.event, text);
                    let text = encode_text(version, Some(join_ref), reference, &topic.wire, message);
                    Effect::SendText(socket, text)
                }
                Payload::Bytes(bytes) => {
                    match encode_bytes(join_ref, reference, &topic.wire, &push.event, bytes) {
                        Some(bytes) => Effect::SendBinary(socket, bytes),
                        None => continue, // checked when it was handed in
                    }
                }
            };
            ctx.effects.push_back(effect);
            push.sent = Some(reference);
            push.done = !topic.options.ack;
        }
    }

    /// Tells the server what is to be seen of this client, at most five times in 30 s; the latest wins.
    fn send_track(&mut self, ctx: &mut Ctx<'_>, socket: crate::core::ids::SocketId, at: usize) {
        self.last_reference = self.last_reference.wrapping_add(1).max(1);
        let reference = self.last_reference;
        let Some(topic) = self.topics.get_mut(at) else { return };
        let TopicState::Joined { join_ref, .. } = topic.state else { return };
        let track = &mut topic.track;
        if track.sent.is_some() {
            return;
        }
        if track.wanted == track.told {
            for (push, _) in track.pushes.drain(..) {
                ctx.effects.push_back(Effect::Settle(push, Outcome::Ok(String::from("{}"))));
            }
            return;
        }
        if next_call(track.calls.as_slice(), ctx.config).is_some_and(|next| next > ctx.now) {
            return;
        }
        if track.calls.len() >= ctx.config.presence_calls {
            track.calls.remove(0);
        }
        track.calls.push(ctx.now);
        track.told = track.wanted.clone();
        track.sent = Some((reference, ctx.now + ctx.config.push_timeout));
        let message = track.wanted.as_deref().map_or(Outgoing::Untrack, Outgoing::Track);
        let text = encode_text(ctx.config.version, Some(join_ref), reference, &topic.wire, message);
        ctx.effects.push_back(Effect::SendText(socket, text));
    }

    /// The answer to a push; `true` if there was one under this reference.
    pub(crate) fn handle_reply(&mut self, ctx: &mut Ctx<'_>, reference: Reference, ok: bool, response: &str) -> bool {
        let tracking = |topic: &&mut Topic| topic.track.sent.is_some_and(|(sent, _)| sent == reference);
        if let Some(topic) = self.topics.iter_mut().find(tracking) {
            topic.track.sent = None;
            // What was asked for since then is sent now, and its pushes are settled by that answer.
            if topic.track.wanted == topic.track.told || !ok {
                for (push, _) in topic.track.pushes.drain(..) {
                    ctx.effects.push_back(Effect::Settle(push, super::topic::outcome(ok, response)));
                }
            }
            self.send_due(ctx);
            return true;
        }
        let known = self.pushes.iter().any(|push| push.sent == Some(reference));
        self.settle_where(ctx, super::topic::outcome(ok, response), |push| push.sent == Some(reference));
        known
    }

    /// Settles and forgets the pushes that `which` names.
    fn settle_where(&mut self, ctx: &mut Ctx<'_>, outcome: Outcome, which: impl Fn(&Push) -> bool) {
        self.pushes.retain(|push| {
            let settled = which(push);
            if settled {
                ctx.effects.push_back(Effect::Settle(push.id, outcome.clone()));
            }
            !settled
        });
    }

    /// Gives up pushes whose answer cannot come any more.
    pub(crate) fn drop_pushes(&mut self, ctx: &mut Ctx<'_>, which: impl Fn(&Push) -> bool) {
        self.settle_where(ctx, Outcome::Dropped, which);
        // Calls of presence hang on their topic.
        for topic in &mut self.topics {
            if matches!(topic.state, TopicState::Idle | TopicState::Refused) {
                for (push, _) in topic.track.pushes.drain(..) {
                    ctx.effects.push_back(Effect::Settle(push, Outcome::Dropped));
                }
            }
        }
    }

    pub(crate) fn fire_pushes(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now;
        for topic in &mut self.topics {
            if topic.track.sent.is_some_and(|(_, until)| until <= now) {
                topic.track.sent = None;
            }
            topic.track.pushes.retain(|(push, until)| {
                let late = *until <= now;
                if late {
                    ctx.effects.push_back(Effect::Settle(*push, Outcome::TimedOut));
                }
                !late
            });
        }
        self.settle_where(ctx, Outcome::TimedOut, |push| push.until <= now);
        self.send_due(ctx);
    }

    pub(crate) fn pushes_deadline(&self, config: &Config) -> Option<Deadline> {
        let timeouts = self.pushes.iter().map(|push| Deadline::new(push.until, Why::PushTimeout));
        let open = self.is_open();
        let turns = self.topics.iter().filter(|topic| open && topic.is_joined()).filter_map(|topic| {
            let waiting = |latest| {
                let of_topic = self.pushes.iter().filter(|push| !push.is_sent() && push.topic == topic.name);
                of_topic.filter(|push| push.latest == latest).count() > 0
            };
            let turn = topic.broadcasts.next_at();
            let plain = waiting(false).then(|| Deadline::new(turn, Why::SendTurn));
            let latest = waiting(true).then(|| Deadline::new(turn.max(topic.latest_at), Why::SendTurn));
            let track = (topic.track.wanted != topic.track.told && topic.track.sent.is_none())
                .then(|| next_call(&topic.track.calls, config))
                .flatten()
                .map(|at| Deadline::new(at, Why::SendTurn));
            Deadline::earliest([plain, latest, track])
        });
        let tracks = self.topics.iter().flat_map(|topic| {
            let sent = topic.track.sent.map(|(_, until)| until);
            topic.track.pushes.iter().map(|(_, until)| *until).chain(sent)
        });
        let tracks = tracks.map(|until| Deadline::new(until, Why::PushTimeout));
        timeouts.chain(turns).chain(tracks).min_by_key(|deadline| deadline.at)
    }
}

/// When the server's limit on presence allows another call; `None`: at once.
fn next_call(calls: &[Instant], config: &Config) -> Option<Instant> {
    if calls.len() < config.presence_calls { None } else { calls.first().map(|first| *first + config.presence_window) }
}
