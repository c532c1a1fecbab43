//! Messages of the page: they wait for the join, keep their order, keep under the rates, and are settled once.

use super::frame::{Outgoing, Reference, encode_bytes, encode_text};
use super::topic::{Topic, TopicState, Track};
use super::{Ctx, Realtime};
use crate::core::WHOLE;
use crate::core::base::{Instant, Json, Millis};
use crate::core::config::Config;
use crate::core::effect::{Effect, Outcome};
use crate::core::error::Misuse;
use crate::core::ids::{ChannelId, PushId, SocketId, TopicId};
use crate::core::{Deadline, Why};

/// A broadcast, or a call of presence, that is not settled yet.
#[derive(Debug)]
pub(crate) struct Push {
    id: PushId,
    pub(crate) channel: ChannelId,
    pub(crate) topic: TopicId,
    event: String,
    payload: Payload,
    /// A later one of the same event takes the place of this one while it waits.
    latest: bool,
    /// Under which it was sent.
    sent: Option<Reference>,
    /// It was sent, and no answer is asked for.
    done: bool,
    /// How long it may take.
    timeout: Millis,
    until: Instant,
}

#[derive(Debug)]
enum Payload {
    Json(String),
    Bytes(Vec<u8>),
    /// A call of presence: what is to be seen stands in the topic, and all calls are settled by the answer to the latest.
    Presence,
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

    /// Whether it is a broadcast that waits for its turn.
    fn waits(&self) -> bool {
        self.sent.is_none() && !self.is_presence()
    }

    fn limit(&mut self, from: Instant, timeout: Millis) {
        self.timeout = timeout;
        self.until = from + timeout;
    }

    fn is_presence(&self) -> bool {
        matches!(self.payload, Payload::Presence)
    }
}

impl Realtime {
    /// Sends a broadcast, at once if the channel is joined and the rate allows it; otherwise it waits up to 10 s.
    pub(crate) fn broadcast(
        &mut self,
        ctx: &mut Ctx,
        channel: ChannelId,
        event: &str,
        broadcast: Broadcast<'_>,
        latest: bool,
    ) -> Result<PushId, Misuse> {
        let topic = self.channels.iter().find(|known| known.id == channel).ok_or(Misuse::UnknownChannel)?.topic;
        let payload = match broadcast {
            Broadcast::Json(text) if Json::parse(text).is_none() => return Err(Misuse::BadJson),
            Broadcast::Json(text) => Payload::Json(text.to_owned()),
            Broadcast::Bytes(bytes) => {
                let fits = self.topic(topic).is_some_and(|topic| topic.wire.len() <= 255) && event.len() <= 255;
                if ctx.config.version == super::frame::Version::V1 || !fits {
                    return Err(Misuse::BadBytes);
                }
                Payload::Bytes(bytes.to_owned())
            }
        };
        self.last_push += 1;
        let id = PushId(self.last_push);
        let replaced = self
            .pushes
            .iter_mut()
            .find(|push| latest && push.latest && push.waits() && push.channel == channel && push.event == event);
        if let Some(push) = replaced {
            // It keeps its place, so that an event that comes often takes no turn from the others.
            ctx.push(Effect::Settle(push.id, Outcome::Replaced));
            push.id = id;
            push.payload = payload;
            push.limit(ctx.now, ctx.config.push_timeout);
            return Ok(id);
        }
        let mut waiting = self.pushes.iter().filter(|push| push.channel == channel && push.waits());
        let oldest = waiting.next().map(|push| push.id);
        if waiting.count() + 1 >= ctx.config.queue_limit {
            self.settle_where(ctx, Outcome::Dropped, |push| Some(push.id) == oldest);
        }
        let timeout = ctx.config.push_timeout;
        let until = ctx.now + timeout;
        let event = event.to_owned();
        self.pushes.push(Push { id, channel, topic, event, payload, latest, sent: None, done: false, timeout, until });
        Ok(id)
    }

    /// Gives a push that is not settled yet another time than all have.
    pub(crate) fn set_push_timeout(&mut self, ctx: &Ctx, id: PushId, timeout: Millis) {
        if let Some(push) = self.pushes.iter_mut().find(|push| push.id == id) {
            push.limit(ctx.now, timeout);
        }
    }

    /// Shows this client to the others of the topic, now and after every rejoin; `None` takes it back.
    pub(crate) fn track(&mut self, ctx: &mut Ctx, channel: ChannelId, meta: Option<&str>) -> Result<PushId, Misuse> {
        if meta.is_some_and(|meta| Json::parse(meta).is_none()) {
            return Err(Misuse::BadJson);
        }
        let known = self.channels.iter().find(|known| known.id == channel).ok_or(Misuse::UnknownChannel)?;
        let (of, wanted) = (known.topic, known.wanted);
        self.last_push += 1;
        let id = PushId(self.last_push);
        let topic = self.topic_mut(of).filter(|topic| wanted && topic.state != TopicState::Refused);
        let Some(topic) = topic else {
            ctx.push(Effect::Settle(id, Outcome::Dropped));
            return Ok(id);
        };
        if topic.track.wanted.as_deref() != meta {
            // The failure was of what was said before.
            topic.track.not_before = None;
        }
        topic.track.wanted = meta.map(str::to_owned);
        topic.track.by = Some(channel);
        let timeout = ctx.config.push_timeout;
        let until = ctx.now + timeout;
        let (event, payload) = (String::new(), Payload::Presence);
        self.pushes.push(Push {
            id,
            channel,
            topic: of,
            event,
            payload,
            latest: true,
            sent: None,
            done: false,
            timeout,
            until,
        });
        Ok(id)
    }

    /// Sends what waits and may go.
    pub(crate) fn send_due(&mut self, ctx: &mut Ctx) {
        if !WHOLE {
            return;
        }
        let Some(socket) = self.open_socket() else { return };
        for at in 0..self.topics.len() {
            self.send_track(ctx, socket, at);
        }
        for at in 0..self.pushes.len() {
            self.send_broadcast(ctx, socket, at);
        }
        self.settle_where(ctx, Outcome::Ok(String::from("{}")), |push| push.done);
    }

    fn send_broadcast(&mut self, ctx: &mut Ctx, socket: SocketId, at: usize) {
        let reference = self.last_reference.wrapping_add(1).max(1);
        let Some(push) = self.pushes.get_mut(at).filter(|push| push.waits()) else { return };
        let Some(topic) = self.topics.iter_mut().find(|topic| topic.id == push.topic) else { return };
        let TopicState::Joined { join_ref, .. } = topic.state else { return };
        if push.latest && topic.latest_at > ctx.now || !topic.broadcasts.take(ctx.now) {
            return;
        }
        if push.latest {
            topic.latest_at = ctx.now + ctx.config.latest_interval;
        }
        let effect = match &push.payload {
            Payload::Json(text) => {
                let message = Outgoing::Broadcast(&push.event, text);
                let text = encode_text(ctx.config.version, Some(join_ref), reference, &topic.wire, message);
                Effect::SendText(socket, text)
            }
            Payload::Bytes(bytes) => match encode_bytes(join_ref, reference, &topic.wire, &push.event, bytes) {
                Some(bytes) => Effect::SendBinary(socket, bytes),
                None => return, // checked when it was handed in
            },
            Payload::Presence => return,
        };
        ctx.push(effect);
        push.sent = Some(reference);
        push.done = !topic.options.ack;
        // The time for the answer begins when the message goes out.
        push.limit(ctx.now, push.timeout);
        self.last_reference = reference;
    }

    /// Tells the server what is to be seen of this client, at most five times in 30 s; the latest wins.
    fn send_track(&mut self, ctx: &mut Ctx, socket: SocketId, at: usize) {
        let reference = self.last_reference.wrapping_add(1).max(1);
        let Some(topic) = self.topics.get_mut(at) else { return };
        let TopicState::Joined { join_ref, .. } = topic.state else { return };
        let track = &mut topic.track;
        if track.sent.is_some() {
            return;
        }
        if track.wanted == track.told {
            self.settle_presence(ctx, at, &Outcome::Ok(String::from("{}")));
            return;
        }
        let turn = track.next_call(&ctx.config).map_or(ctx.now, |next| next.max(ctx.now));
        // The time for the answer begins when the call goes out.
        for push in self.pushes.iter_mut().filter(|push| push.is_presence() && push.topic == topic.id) {
            push.limit(turn, push.timeout);
        }
        if turn > ctx.now {
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
        ctx.push(Effect::SendText(socket, text));
        self.last_reference = reference;
    }

    /// The answer to a push; the answer to anything else changes nothing.
    pub(crate) fn handle_reply(&mut self, ctx: &mut Ctx, reference: Reference, ok: bool, response: &str) {
        let outcome = if ok { Outcome::Ok(response.to_owned()) } else { Outcome::Error(response.to_owned()) };
        let tracking = |topic: &Topic| topic.track.sent.is_some_and(|(sent, _)| sent == reference);
        if let Some(at) = self.topics.iter().position(tracking)
            && let Some(topic) = self.topics.get_mut(at)
        {
            // What was asked for since then is sent now, and its answer settles all.
            let latest = topic.track.wanted == topic.track.told;
            topic.track.sent = None;
            if ok {
                topic.track.failures = 0;
            } else if !latest {
                // What the server shows is not known: not what it was told.
                topic.track.told = Some(String::new());
            } else if topic.track.wanted.as_deref().is_none_or(|meta| meta.starts_with('{')) {
                // Only an object can ever be shown.
                topic.track.fail(ctx.now, &ctx.config);
            }
            if latest {
                self.settle_presence(ctx, at, &outcome);
            }
        } else {
            self.settle_where(ctx, outcome, |push| push.sent == Some(reference));
        }
    }

    fn settle_presence(&mut self, ctx: &mut Ctx, at: usize, outcome: &Outcome) {
        let Some(of) = self.topics.get(at).map(|topic| topic.id) else { return };
        self.pushes.retain(|push| {
            let settled = push.is_presence() && push.topic == of;
            if settled {
                ctx.push(Effect::Settle(push.id, outcome.clone()));
            }
            !settled
        });
    }

    /// Settles and forgets the pushes that `which` names.
    fn settle_where(&mut self, ctx: &mut Ctx, outcome: Outcome, which: impl Fn(&Push) -> bool) {
        self.pushes.retain(|push| {
            let settled = which(push);
            if settled {
                ctx.push(Effect::Settle(push.id, outcome.clone()));
            }
            !settled
        });
    }

    /// Gives up pushes whose answer cannot come any more.
    pub(crate) fn drop_pushes(&mut self, ctx: &mut Ctx, which: impl Fn(&Push) -> bool) {
        if !WHOLE {
            return;
        }
        self.settle_where(ctx, Outcome::Dropped, which);
    }

    pub(crate) fn fire_pushes(&mut self, ctx: &mut Ctx) {
        if !WHOLE {
            return;
        }
        let now = ctx.now;
        self.settle_where(ctx, Outcome::TimedOut, |push| push.until <= now);
        for topic in &mut self.topics {
            if topic.track.sent.is_some_and(|(_, until)| until <= now) {
                topic.track.fail(now, &ctx.config);
            }
        }
        self.send_due(ctx);
    }

    pub(crate) fn pushes_deadline(&self, config: &Config) -> Option<Deadline> {
        if !WHOLE {
            return None;
        }
        let timeouts = self.pushes.iter().map(|push| Deadline::new(push.until, Why::PushTimeout));
        let joined = |topic: &&Topic| self.is_open() && topic.is_joined();
        let turns = self.pushes.iter().filter(|push| push.waits()).filter_map(|push| {
            let topic = self.topics.iter().filter(joined).find(|topic| topic.id == push.topic)?;
            let latest = if push.latest { topic.latest_at } else { Instant(0) };
            Some(Deadline::new(topic.broadcasts.next_at().max(latest), Why::SendTurn))
        });
        let tracks = self.topics.iter().filter(joined).filter_map(|topic| match topic.track.sent {
            Some((_, until)) => Some(Deadline::new(until, Why::PushTimeout)),
            None if topic.track.wanted == topic.track.told => None,
            None => topic.track.next_call(config).map(|at| Deadline::new(at, Why::SendTurn)),
        });
        timeouts.chain(turns).chain(tracks).min_by_key(|deadline| deadline.at)
    }
}

impl Track {
    /// When the server's limit on presence, and a call that failed, allow another call; `None`: at once.
    fn next_call(&self, config: &Config) -> Option<Instant> {
        let first = self.calls.first().filter(|_| self.calls.len() >= config.presence_calls);
        first.map(|first| *first + config.presence_window).max(self.not_before)
    }

    /// The call under way had no effect, as far as anybody knows: it is made again, each time after a longer wait.
    fn fail(&mut self, now: Instant, config: &Config) {
        let fair = config.presence_window.0 / config.presence_calls.max(1) as u64;
        self.sent = None;
        self.told = Some(String::new());
        self.not_before = Some(now + Millis(fair << self.failures));
        self.failures = (self.failures + 1).min(4);
    }
}
