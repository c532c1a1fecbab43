//! Joining, leaving and joining again: when a topic's turn comes, and what each end of a join leads to.

use super::changes::Asked;
use super::channel::Channel;
use super::frame::{Outgoing, Reference, encode_text, join_parameters};
use super::refusal::{Cure, classify};
use super::topic::{Flow, Topic, TopicState};
use super::{Ctx, Followed, Realtime, is_sendable};
use crate::core::WHOLE;
use crate::core::base::{Instant, Json, Millis, has};
use crate::core::effect::{Effect, Status};
use crate::core::error::Fault;
use crate::core::ids::TopicId;
use crate::core::{Deadline, Why};

/// How long the server is deaf to the whole socket while it refuses a join.
const BLOCKED: Millis = Millis(5_000);

impl Realtime {
    /// Sends the joins whose time has come, what the visitor sees first, at the pace that the server allows.
    pub(crate) fn join_due(&mut self, ctx: &mut Ctx) {
        if !self.is_open() || self.joins.next_at() > ctx.now || self.next_to_join(ctx.now).is_none() {
            return;
        }
        if !self.auth.is_ready(ctx.now) {
            self.auth.ask(ctx);
            return;
        }
        while let Some(at) = self.next_to_join(ctx.now) {
            if !self.joins.take(ctx.now) {
                return;
            }
            self.send_join(ctx, at);
        }
    }

    /// The topic that joins next: of those whose time has come, the one with the most visible channel, then the oldest.
    fn next_to_join(&self, now: Instant) -> Option<usize> {
        let is_due = |topic: &Topic| matches!(topic.state, TopicState::Waiting { at } if at <= now);
        // One look at the channels and one at the topics: a page of code may have a thousand of each.
        for channel in self.channels.iter().filter(|channel| channel.wanted && channel.priority == 0) {
            let at = self.topics.iter().position(|topic| topic.id == channel.topic);
            if let Some(at) = at.filter(|at| self.topics.get(*at).is_some_and(is_due)) {
                return Some(at);
            }
        }
        self.topics.iter().position(is_due)
    }

    fn send_join(&mut self, ctx: &mut Ctx, at: usize) {
        let Some(socket) = self.open_socket() else { return };
        let join_ref = self.next_reference();
        let token = self.auth.token().filter(|token| is_sendable(token));
        let Some(topic) = self.topics.get_mut(at) else { return };
        let of = topic.id;
        let of_topic = |channel: &Channel| channel.wanted && channel.topic == of;
        let mut timeout = ctx.config.push_timeout;
        let mut asked = Asked::default();
        if topic.shape.is_some() {
            asked.list(self.channels.iter().filter(|channel| of_topic(channel)));
        }
        for channel in self.channels.iter_mut().filter(|channel| of_topic(channel)) {
            if WHOLE && let Some(own) = channel.join_timeout {
                timeout = own;
            }
            for listener in &mut channel.listeners {
                listener.place = asked.place_of(&listener.params).unwrap_or(asked.params.len());
                if listener.place == asked.params.len() {
                    asked.params.push(listener.params.clone());
                }
            }
        }
        let payload = join_parameters(&topic.options, &asked.params, token);
        let text = encode_text(ctx.config.version, Some(join_ref), join_ref, &topic.wire, Outgoing::Join(&payload));
        topic.state = TopicState::Joining { join_ref, until: ctx.now + timeout };
        topic.asked = asked;
        topic.last_words = None;
        topic.held = Some(join_ref);
        topic.token = self.auth.version();
        ctx.push(Effect::SendText(socket, text));
        self.allow_for_join(ctx);
    }

    /// While the server refused a join it was deaf: those under way are given that time again. So they are if it refused one
    /// that we had given up, or each would time out behind it, be sent once more, and be refused for 5 s in its turn.
    pub(crate) fn allow_for_refusal(&mut self) {
        for topic in &mut self.topics {
            if let TopicState::Joining { until, .. } = &mut topic.state {
                *until = *until + BLOCKED;
            }
        }
    }

    /// The answer to a join.
    pub(crate) fn handle_join_reply(&mut self, ctx: &mut Ctx, at: usize, ok: bool, response: Json<'_>) {
        let Some(topic) = self.topics.get_mut(at) else { return };
        let TopicState::Joining { join_ref, .. } = topic.state else { return };
        let of = topic.id;
        if !ok {
            let reason = response.get_str("reason").unwrap_or_else(|| response.text().into());
            let (fault, cure) = classify(&reason);
            self.end_join(ctx, at, fault, cure, &reason);
            return;
        }
        let Some(ids) = super::changes::match_ids(&topic.asked.params, response) else {
            self.end_join(ctx, at, Fault::ChangesRefused, Cure::Retry, response.text());
            return;
        };
        let nothing = ids.is_empty();
        topic.asked.ids = ids;
        let flow = if nothing { Flow::Nothing } else { Flow::Awaited { until: ctx.now + ctx.config.changes_timeout } };
        topic.state = TopicState::Joined { join_ref, flow };
        topic.joined_at = ctx.now;
        topic.refreshed = false;
        self.down_since = None;
        self.report_all(ctx, of, Status::Subscribed);
    }

    /// The server says that changes flow; again after each new token and after its database was away.
    pub(crate) fn handle_flowing(&mut self, ctx: &mut Ctx, at: usize) {
        let Some(topic) = self.topics.get_mut(at) else { return };
        if let TopicState::Joined { flow, .. } = &mut topic.state
            && *flow != Flow::Nothing
        {
            *flow = Flow::Flowing;
            let of = topic.id;
            self.tell_rows(ctx, of, None, || Followed::Flowing);
        }
    }

    /// The server says that it does not send the changes of a joined topic.
    pub(crate) fn handle_flow_error(&mut self, ctx: &mut Ctx, at: usize, message: &str) {
        let Some(topic) = self.topics.get(at).filter(|topic| topic.is_joined()) else { return };
        let of = topic.id;
        // Bad parameters stay bad; the rest the server tries again by itself every 5 to 10 s.
        let bad = ["given parameters", "filter", "subscription params"].iter().any(|word| has(message, word));
        if bad && self.split(ctx, of, message) {
            return;
        }
        if let Some(TopicState::Joined { flow, .. }) = self.topics.get_mut(at).map(|topic| &mut topic.state) {
            *flow = if bad { Flow::Refused } else { Flow::Awaited { until: ctx.now + ctx.config.changes_timeout } };
        }
        let retry_in = if bad { None } else { Some(ctx.config.changes_timeout) };
        self.tell_rows(ctx, of, None, || Followed::Lost);
        self.fail(ctx, of, Fault::ChangesRefused, message, retry_in);
    }

    /// A join, pending or held, is over: what helps decides when there is another.
    pub(crate) fn end_join(&mut self, ctx: &mut Ctx, at: usize, fault: Fault, cure: Cure, detail: &str) {
        let Some(topic) = self.topics.get_mut(at) else { return };
        let of = topic.id;
        topic.forgive(ctx.now);
        let of_token = matches!(fault, Fault::TokenExpired | Fault::TokenInvalid | Fault::Unauthorized);
        let cure = match cure {
            // It was joined with an earlier token, and what the server thinks of this one is not known.
            _ if of_token && topic.token != self.auth.version() => Cure::Retry,
            Cure::Refresh if topic.refreshed && fault != Fault::TokenExpired => Cure::Stop,
            Cure::Refresh => {
                topic.refreshed = true;
                if self.auth.distrust(ctx) { Cure::Refresh } else { Cure::Stop }
            }
            other => other,
        };
        let Some(topic) = self.topics.get_mut(at) else { return };
        let mut wait = topic.backoff.next_delay(&mut ctx.rng);
        if cure == Cure::Throttle {
            let cap = ctx.config.throttle_cap.0;
            wait = Millis(cap / 4 + ctx.rng.up_to(cap - cap / 4));
        }
        if cure == Cure::Stop {
            topic.lose_join(ctx.now);
            topic.state = TopicState::Refused;
            self.drop_pushes(ctx, |push| push.topic == of);
        } else {
            topic.lose_join(ctx.now + wait);
        }
        let retry_in = (cure != Cure::Stop).then_some(wait);
        self.tell_rows(ctx, of, None, || Followed::Lost);
        self.fail(ctx, of, fault, detail, retry_in);
        let status = if fault == Fault::JoinTimeout { Status::TimedOut } else { Status::Errored };
        self.report_all(ctx, of, status);
        self.settle_connection(ctx);
    }

    /// A topic is to be joined anew from `at` on; its rows are told that they may miss something.
    pub(crate) fn lose_join(&mut self, ctx: &mut Ctx, of: TopicId, at: Instant) {
        if let Some(topic) = self.topic_mut(of) {
            topic.lose_join(at);
        }
        self.tell_rows(ctx, of, None, || Followed::Lost);
    }

    /// The socket is gone: every join with it. `tell` is false when the page itself goes to sleep.
    pub(crate) fn lose_joins(&mut self, ctx: &mut Ctx, tell: bool) {
        for at in 0..self.topics.len() {
            let Some(topic) = self.topics.get_mut(at) else { return };
            let of = topic.id;
            topic.held = None;
            match topic.state {
                TopicState::Leaving { .. } => topic.state = TopicState::Idle,
                TopicState::Joining { .. } | TopicState::Joined { .. } => {
                    topic.forgive(ctx.now);
                    topic.lose_join(ctx.now);
                    self.tell_rows(ctx, of, None, || Followed::Lost);
                    if tell {
                        self.report_all(ctx, of, Status::Errored);
                    }
                }
                TopicState::Idle | TopicState::Waiting { .. } | TopicState::Refused => {}
            }
        }
        self.sweep_topics();
        self.gather(ctx);
        self.drop_pushes(ctx, |push| push.is_sent());
    }

    /// Leaves a topic that no channel uses any more.
    pub(crate) fn leave(&mut self, ctx: &mut Ctx, of: TopicId) {
        let reference = self.next_reference();
        let socket = self.open_socket();
        let Some(topic) = self.topic_mut(of) else { return };
        let join_ref = topic.join_ref().or(topic.held);
        topic.lose_join(ctx.now);
        topic.track.wanted = None;
        topic.state = TopicState::Idle;
        if let (Some(join_ref), Some(socket)) = (join_ref, socket) {
            let text = encode_text(ctx.config.version, Some(join_ref), reference, &topic.wire, Outgoing::Leave);
            ctx.push(Effect::SendText(socket, text));
            topic.state = TopicState::Leaving { join_ref, reference, until: ctx.now + ctx.config.push_timeout };
        }
        self.sweep_topics();
    }

    /// The leave is answered, or the server closed the topic: it is gone.
    pub(crate) fn finish_leave(&mut self, ctx: &mut Ctx, at: usize) {
        if let Some(topic) = self.topics.get_mut(at) {
            topic.state = TopicState::Idle;
        }
        self.sweep_topics();
        self.settle_connection(ctx);
    }

    /// A new token: every joined topic is told, and those that the old one was refused for try again.
    pub(crate) fn spread_token(&mut self, ctx: &mut Ctx) {
        let socket = self.open_socket();
        let token = self.auth.token().filter(|token| is_sendable(token)).map(str::to_owned);
        for at in 0..self.topics.len() {
            let reference: Reference = self.next_reference();
            let Some(topic) = self.topics.get_mut(at) else { return };
            match (topic.state, socket, &token) {
                (
                    TopicState::Joined { join_ref, .. } | TopicState::Joining { join_ref, .. },
                    Some(socket),
                    Some(token),
                ) => {
                    let message = Outgoing::AccessToken(token);
                    let text = encode_text(ctx.config.version, Some(join_ref), reference, &topic.wire, message);
                    ctx.push(Effect::SendText(socket, text));
                }
                // Nobody is signed in any more. There is no word for that but another join.
                (TopicState::Joined { .. } | TopicState::Joining { .. }, _, None) => {
                    let of = topic.id;
                    self.lose_join(ctx, of, ctx.now);
                }
                (TopicState::Refused, _, _) => topic.lose_join(ctx.now),
                _ => {}
            }
        }
        self.settle_connection(ctx);
    }

    pub(crate) fn fire_topics(&mut self, ctx: &mut Ctx) {
        let mut at = 0;
        while let Some(topic) = self.topics.get(at) {
            match topic.state {
                TopicState::Joining { until, .. } if until <= ctx.now => {
                    self.end_join(ctx, at, Fault::JoinTimeout, Cure::Retry, "");
                }
                TopicState::Joined { flow: Flow::Awaited { until }, .. } if until <= ctx.now => {
                    self.end_join(ctx, at, Fault::ChangesSilent, Cure::Retry, "");
                }
                TopicState::Leaving { until, .. } if until <= ctx.now => {
                    self.finish_leave(ctx, at);
                    continue;
                }
                TopicState::Idle
                | TopicState::Waiting { .. }
                | TopicState::Joining { .. }
                | TopicState::Joined { .. }
                | TopicState::Leaving { .. }
                | TopicState::Refused => {}
            }
            at += 1;
        }
        self.join_due(ctx);
    }

    pub(crate) fn topics_deadline(&self, now: Instant) -> Option<Deadline> {
        let may_join = self.is_open() && self.auth.is_ready(now);
        let turn = self.joins.next_at();
        let mut first = None;
        for topic in &self.topics {
            let (at, why) = match topic.state {
                TopicState::Waiting { at } if may_join => (at.max(turn), Why::Rejoin),
                TopicState::Joining { until, .. } => (until, Why::JoinTimeout),
                TopicState::Joined { flow: Flow::Awaited { until }, .. } => (until, Why::ChangesTimeout),
                TopicState::Leaving { until, .. } => (until, Why::LeaveTimeout),
                TopicState::Idle | TopicState::Waiting { .. } | TopicState::Joined { .. } | TopicState::Refused => {
                    continue;
                }
            };
            Deadline::note(&mut first, at, why);
        }
        first
    }
}
