//! Stories that wait to be joined share a topic, and one filter `id=in.(…)`: a page with a hundred is one join, of which a
//! project has a hundred a second for all of its visitors.
//!
//! A topic with a `shape` carries such channels alone: each follows one row, by a filter `column=eq.value`. Who comes while
//! such a topic waits is gathered into it. One that is joined is let alone, since another join of it would be a gap for all
//! of its rows; who comes then has a topic of its own, until there are many of those.

use super::changes::{Asked, quote_value};
use super::channel::Channel;
use super::frame::topic_of;
use super::topic::{Topic, TopicState};
use super::{Ctx, Followed, Realtime};
use crate::core::base::json_write::push_number;
use crate::core::base::{Instant, Json, Millis, cut, has, join, same};
use crate::core::ids::{ChannelId, TopicId};

/// The server takes so many values in one filter.
const MOST: usize = 100;
/// A topic with no more is small, …
const SMALL: usize = MOST / 2;
/// … and of more small ones than these the next story makes one.
const MANY: usize = 20;
/// Where some have been joined, the next wait so long for others: lists are put into a page piece by piece.
const BREATH: Millis = Millis(100);

/// What an id looks like. Those that look alike are asked for together, so that one that the column cannot hold, as a word
/// among UUIDs, does not keep the others from being followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Number,
    Uuid,
    Other,
}

fn shape_of(value: &str) -> Shape {
    let mut shape = if value.len() == 36 { Shape::Uuid } else { Shape::Number };
    for byte in value.bytes() {
        let fits = byte.is_ascii_digit() || shape == Shape::Uuid && (byte.is_ascii_hexdigit() || byte == b'-');
        if !fits {
            shape = Shape::Other;
        }
    }
    shape
}

impl Channel {
    /// The column and the value, as they stand in its filter, where following one row is all that it does.
    fn equal_to(&self) -> Option<(&str, &str)> {
        let (column, rest) = cut(self.listeners.first()?.params.filter.as_deref()?, b'=')?;
        Some((column, rest.strip_prefix("eq.")?))
    }

    /// Whether it follows the row with this value.
    pub(super) fn follows(&self, value: &str) -> bool {
        self.equal_to().is_some_and(|(_, of)| same(of, value))
    }
}

impl Asked {
    /// Asks for what channels of a shape follow: for one by its own filter, for several by a list.
    pub(super) fn list<'a>(&mut self, channels: impl Iterator<Item = &'a Channel>) {
        let mut list = String::new();
        for channel in channels {
            let (Some(listener), Some((column, value))) = (channel.listeners.first(), channel.equal_to()) else {
                continue;
            };
            self.is_list = !list.is_empty();
            if self.is_list {
                list.push(',');
            } else {
                list = join(&[column, "=in.("]);
                self.params.push(listener.params.clone());
            }
            list.push_str(value);
        }
        list.push(')');
        if let (true, Some(params)) = (self.is_list, self.params.first_mut()) {
            params.filter = Some(list);
        }
    }

    /// Of a change for one of a list: the value that tells whose it is, as it stands in a filter. `None`: it is for whoever
    /// is asked for, or does not say.
    pub(super) fn value_of(&self, data: Json<'_>) -> Option<String> {
        let filter = self.params.first().filter(|_| self.is_list)?.filter.as_deref()?;
        let (column, _) = cut(filter, b'=')?;
        for (name, row) in data.members() {
            // The first that has it will do, and what stands behind it need not be walked over.
            if matches!(&*name, "record" | "old_record") {
                for (name, value) in row.members() {
                    if name == column {
                        return Some(quote_value(&value.as_str().unwrap_or(value.text().into())));
                    }
                }
            }
        }
        None
    }
}

impl Realtime {
    /// A channel that has just been subscribed follows one story: it is gathered with others.
    pub(crate) fn gather_story(&mut self, ctx: &mut Ctx, id: ChannelId) {
        let Some(channel) = self.channels.iter().find(|channel| channel.id == id) else { return };
        let of = channel.topic;
        let shape = channel.equal_to().map(|(_, value)| shape_of(value));
        let others = self.topics.iter().any(|topic| topic.shape.is_some() && topic.is_joined());
        if self.count(of) > 1 {
            return; // the page has a channel of that name
        }
        if let Some(topic) = self.topic_mut(of) {
            topic.shape = shape;
            if others && topic.join_ref().is_none() {
                topic.state = TopicState::Waiting { at: ctx.now + BREATH };
            }
        }
        self.gather(ctx);
    }

    /// Gathers what waits; and what is joined by small topics, where there are many of them.
    pub(crate) fn gather(&mut self, ctx: &mut Ctx) {
        let is_small = |this: &Realtime, topic: &Topic| topic.is_joined() && this.count(topic.id) <= SMALL;
        let small = self.topics.iter().filter(|topic| topic.shape.is_some() && is_small(self, topic)).count();
        let mut at = 0;
        'all: while let Some(into) = self.topics.get(at) {
            at += 1;
            if !into.may_take(ctx.now) {
                continue;
            }
            for from in &self.topics {
                let goes = from.may_take(ctx.now) || small >= MANY && is_small(self, from);
                if from.id != into.id
                    && goes
                    && from.shape == into.shape
                    && self.count(from.id) + self.count(into.id) <= MOST
                {
                    let (from, into) = (from.id, into.id);
                    self.merge(ctx, from, into);
                    // Their places are others now.
                    at = 0;
                    continue 'all;
                }
            }
        }
    }

    /// The channels of one topic go to another, which is to be joined; the first is left.
    fn merge(&mut self, ctx: &mut Ctx, from: TopicId, into: TopicId) {
        self.tell_rows(ctx, from, None, || Followed::Lost);
        for channel in self.channels.iter_mut().filter(|channel| channel.topic == from) {
            channel.topic = into;
        }
        self.leave(ctx, from);
        if let Some(topic) = self.topic_mut(into) {
            topic.wire = shared_name(ctx, into);
        }
    }

    /// The server does not send what a topic asks for: where that is for several, each half is asked for by itself, until
    /// the one that is wrong stands alone. `false` if it does.
    pub(crate) fn split(&mut self, ctx: &mut Ctx, of: TopicId, reason: &str) -> bool {
        let mut half = self.count(of) / 2;
        let other = TopicId(self.last_topic + 1);
        let Some(topic) = self.topic_mut(of) else { return false };
        // It is the table that is wrong.
        let all = has(reason, "Realtime is enabled") || has(reason, "invalid column");
        if half == 0 || all || topic.shape.is_none() {
            topic.shape = None;
            return false;
        }
        let mut fresh = Topic::new(other, shared_name(ctx, other), &ctx.config);
        fresh.shape = topic.shape;
        fresh.state = TopicState::Waiting { at: ctx.now };
        self.last_topic = other.0;
        self.topics.push(fresh);
        self.lose_join(ctx, of, ctx.now);
        for channel in self.channels.iter_mut().filter(|channel| channel.topic == of) {
            if half > 0 {
                half -= 1;
                channel.topic = other;
            }
        }
        true
    }

    /// The database writes what a channel follows in another way than the page does, so in a list it would not be found: its
    /// topic asks for each by itself.
    pub(crate) fn unlist(&mut self, ctx: &mut Ctx, id: ChannelId) {
        let Some(channel) = self.channels.iter().find(|channel| channel.id == id) else { return };
        let of = channel.topic;
        let Some(topic) = self.topic_mut(of) else { return };
        topic.shape = None;
        if topic.asked.is_list {
            self.lose_join(ctx, of, ctx.now);
        }
    }

    /// How many channels a topic has.
    fn count(&self, of: TopicId) -> usize {
        self.channels.iter().filter(|channel| channel.topic == of).count()
    }
}

impl Topic {
    /// Whether others may be gathered into it. The server may still hold one that was joined before, under its name.
    fn may_take(&self, now: Instant) -> bool {
        let waits = matches!(self.state, TopicState::Waiting { at } if at <= now + BREATH);
        waits && self.shape.is_some() && self.held.is_none()
    }
}

/// What a topic of several stories is called.
fn shared_name(ctx: &Ctx, id: TopicId) -> String {
    let mut name = topic_of(&ctx.config.stories.topic);
    name.push_str("shared-");
    push_number(&mut name, u64::from(id.0));
    name
}
