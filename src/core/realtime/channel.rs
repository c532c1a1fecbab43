//! One user of a topic: what the page holds in its hand. Several share a topic without clobbering one another.

use super::changes::is_filter;
use super::frame::{ChangeParams, ChannelOptions, topic_of};
use super::topic::{Flow, Topic, TopicState};
use super::{Ctx, Followed, Realtime};
use crate::core::WHOLE;
use crate::core::base::{Json, Millis};
use crate::core::config::Config;
use crate::core::effect::{About, Effect, Failure, Notice, PresenceEvent, Status};
use crate::core::error::{Fault, Misuse};
use crate::core::ids::{ChannelId, RowsId, TopicId};

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) topic: TopicId,
    pub(crate) owner: Owner,
    pub(crate) options: ChannelOptions,
    /// Subscribed and not unsubscribed since.
    pub(crate) wanted: bool,
    /// What the page was last told.
    pub(crate) reported: Option<Status>,
    pub(crate) listeners: Vec<Listener>,
    /// Numbers of 64 bits and more come as strings.
    pub(crate) exact: bool,
    /// What the page listens for besides changes, as a JSON array of names such as `broadcast tick`; `None`: everything.
    pub(crate) heard: Option<String>,
    /// Lower joins first: 0 for what the visitor sees.
    pub(crate) priority: u8,
    /// How long a join of it may take, if not as long as everything else.
    pub(crate) join_timeout: Option<Millis>,
}

impl Channel {
    /// Whether the page listens for one of two names.
    pub(crate) fn hears(&self, names: [&str; 2]) -> bool {
        self.heard.as_deref().is_none_or(|heard| {
            Json::known(heard).items().any(|item| item.as_str().is_some_and(|item| names.contains(&&*item)))
        })
    }
}

/// Who is told what happens on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The page, through notices.
    Page,
    /// Followed rows.
    Rows(RowsId),
}

/// One `on('postgres_changes', …)`.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) key: u32,
    pub(crate) params: ChangeParams,
    /// Its place in what the topic asked, once that has been asked.
    pub(crate) place: usize,
}

impl Channel {
    fn report(&mut self, ctx: &mut Ctx, status: Status) {
        if self.reported == Some(status) {
            return;
        }
        self.reported = Some(status);
        if WHOLE && self.owner == Owner::Page {
            ctx.push(Effect::Notify(Notice::Status(self.id, status)));
        }
    }
}

impl Realtime {
    /// Makes a channel on `topic`. It joins nothing yet.
    pub(crate) fn open_channel(
        &mut self,
        config: &Config,
        topic: &str,
        owner: Owner,
        options: ChannelOptions,
    ) -> Result<ChannelId, Misuse> {
        if topic.is_empty() {
            return Err(Misuse::EmptyTopic);
        }
        if WHOLE && options.replay.is_some_and(|(_, limit)| !options.private || limit > 25) {
            return Err(Misuse::BadReplay);
        }
        let wire = topic_of(topic);
        let topic = match self.topics.iter_mut().find(|topic| topic.wire == wire) {
            Some(topic) => {
                topic.shape = None;
                topic.id
            }
            None => {
                self.last_topic += 1;
                let id = TopicId(self.last_topic);
                self.topics.push(Topic::new(id, wire, config));
                id
            }
        };
        self.last_channel += 1;
        let id = ChannelId(self.last_channel);
        self.channels.push(Channel {
            id,
            topic,
            owner,
            options,
            wanted: false,
            reported: None,
            listeners: Vec::new(),
            exact: false,
            heard: None,
            priority: 1,
            join_timeout: None,
        });
        Ok(id)
    }

    fn channel_mut(&mut self, id: ChannelId) -> Result<&mut Channel, Misuse> {
        self.channels.iter_mut().find(|channel| channel.id == id).ok_or(Misuse::UnknownChannel)
    }

    /// Sets which channels join first: 0 for what the visitor sees, 1 for the rest.
    pub(crate) fn set_priority(&mut self, id: ChannelId, priority: u8) {
        if let Ok(channel) = self.channel_mut(id) {
            channel.priority = priority;
        }
    }

    /// Whether `int8` and `numeric` come as strings.
    pub(crate) fn set_exact(&mut self, id: ChannelId, exact: bool) -> Result<(), Misuse> {
        self.channel_mut(id).map(|channel| channel.exact = exact)
    }

    /// Sets how long a join of it may take.
    pub(crate) fn set_join_timeout(&mut self, id: ChannelId, timeout: Millis) {
        if let Ok(channel) = self.channel_mut(id) {
            channel.join_timeout = Some(timeout);
        }
    }

    /// Sets what the page listens for, so that what nobody hears does not cross to it.
    pub(crate) fn set_heard(&mut self, id: ChannelId, names: &str) {
        if let Ok(channel) = self.channel_mut(id) {
            channel.heard = Json::parse(names).map(|names| names.text().to_owned());
        }
    }

    /// Adds a listener for changes. On a channel that is subscribed, what the topic does not carry yet makes it join anew.
    pub(crate) fn listen(
        &mut self,
        ctx: &mut Ctx,
        id: ChannelId,
        key: u32,
        params: ChangeParams,
    ) -> Result<(), Misuse> {
        if WHOLE && params.filter.as_deref().is_some_and(|filter| !is_filter(filter)) {
            return Err(Misuse::BadFilter);
        }
        let channel = self.channel_mut(id)?;
        channel.listeners.push(Listener { key, params, place: 0 });
        if channel.wanted {
            let topic = channel.topic;
            self.cover(ctx, topic);
        }
        Ok(())
    }

    /// Removes a listener. What the topic carries for nobody any more is left out at its next join.
    pub(crate) fn unlisten(&mut self, id: ChannelId, key: u32) {
        if let Ok(channel) = self.channel_mut(id) {
            channel.listeners.retain(|listener| listener.key != key);
        }
    }

    /// Subscribes a channel: joins its topic, or shares the join that is there.
    pub(crate) fn subscribe(&mut self, ctx: &mut Ctx, id: ChannelId) -> Result<(), Misuse> {
        let channel = self.channel_mut(id)?;
        let (of, options) = (channel.topic, channel.options.clone());
        let page = channel.owner == Owner::Page;
        if channel.wanted {
            return Ok(());
        }
        let idle = self.topic(of).is_none_or(|topic| topic.state == TopicState::Idle);
        let held = self.topics.iter().filter(|topic| topic.is_wanted() || topic.state == TopicState::Refused);
        if idle && held.count() >= ctx.config.topic_limit {
            return Err(Misuse::TooManyChannels);
        }
        let used = self.users(of).next().is_some();
        let chosen = self.users(of).any(|channel| channel.owner == Owner::Page);
        let Some(topic) = self.topic_mut(of) else { return Err(Misuse::UnknownChannel) };
        if idle {
            *topic = Topic::new(of, core::mem::take(&mut topic.wire), &ctx.config);
        }
        let mut rejoin = false;
        if WHOLE && page {
            if chosen && topic.options != options {
                return Err(Misuse::OtherOptions);
            }
            rejoin = used && topic.options != options;
            topic.options = options;
        } else if WHOLE && !used {
            topic.options = options;
        }
        if rejoin || matches!(topic.state, TopicState::Idle | TopicState::Leaving { .. } | TopicState::Refused) {
            self.lose_join(ctx, of, ctx.now);
        }
        let Some(topic) = self.topic(of) else { return Err(Misuse::UnknownChannel) };
        let (joined, synced) = (topic.is_joined(), topic.presence.is_synced());
        let flowing = matches!(topic.state, TopicState::Joined { flow: Flow::Flowing, .. });
        let channel = self.channel_mut(id)?;
        channel.wanted = true;
        if self.cover(ctx, of) && joined {
            self.report(ctx, id, Status::Subscribed);
            if synced && page {
                ctx.push(Effect::Notify(Notice::Presence(id, PresenceEvent::Sync)));
            }
            if flowing {
                self.tell_rows(ctx, of, Some(id), || Followed::Flowing);
            }
        }
        self.settle_connection(ctx);
        Ok(())
    }

    /// Sees to it that the topic carries every change that its channels listen for; `true` if it does already.
    fn cover(&mut self, ctx: &mut Ctx, of: TopicId) -> bool {
        let Some(topic) = self.topics.iter().find(|topic| topic.id == of) else { return false };
        let mut covered = true;
        'all: for channel in self.channels.iter_mut().filter(|channel| channel.wanted && channel.topic == of) {
            for listener in &mut channel.listeners {
                let Some(place) = topic.asked.place_of(&listener.params).filter(|_| !topic.asked.is_list) else {
                    covered = false;
                    break 'all;
                };
                listener.place = place;
            }
        }
        if !covered && matches!(topic.state, TopicState::Joining { .. } | TopicState::Joined { .. }) {
            // A second join of a topic makes the server end the first; what its rows missed between the two is read.
            self.lose_join(ctx, of, ctx.now);
        }
        covered
    }

    /// Unsubscribes a channel; the topic is left when its last channel goes.
    pub(crate) fn unsubscribe(&mut self, ctx: &mut Ctx, id: ChannelId) -> Result<(), Misuse> {
        let channel = self.channel_mut(id)?;
        if !channel.wanted {
            return Ok(());
        }
        channel.wanted = false;
        let of = channel.topic;
        self.report(ctx, id, Status::Closed);
        self.drop_pushes(ctx, |push| push.channel == id);
        if self.users(of).next().is_none() {
            self.leave(ctx, of);
        } else if let Some(topic) = self.topic_mut(of)
            && topic.track.by == Some(id)
        {
            topic.track.wanted = None;
        }
        self.settle_connection(ctx);
        Ok(())
    }

    /// Unsubscribes a channel and forgets it.
    pub(crate) fn remove_channel(&mut self, ctx: &mut Ctx, id: ChannelId) {
        let _ = self.unsubscribe(ctx, id);
        self.channels.retain(|channel| channel.id != id);
        self.sweep_topics();
    }

    /// Tells the page of a channel's state, if it is another one than it was told last.
    pub(crate) fn report(&mut self, ctx: &mut Ctx, id: ChannelId, status: Status) {
        if let Ok(channel) = self.channel_mut(id) {
            channel.report(ctx, status);
        }
    }

    /// Tells every channel of a topic of its state.
    pub(crate) fn report_all(&mut self, ctx: &mut Ctx, of: TopicId, status: Status) {
        for channel in self.channels.iter_mut().filter(|channel| channel.wanted && channel.topic == of) {
            channel.report(ctx, status);
        }
    }

    /// The subscribed channels of a topic.
    pub(crate) fn users(&self, of: TopicId) -> impl Iterator<Item = &Channel> {
        self.channels.iter().filter(move |channel| channel.wanted && channel.topic == of)
    }

    pub(crate) fn topic(&self, id: TopicId) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    pub(crate) fn topic_mut(&mut self, id: TopicId) -> Option<&mut Topic> {
        self.topics.iter_mut().find(|topic| topic.id == id)
    }

    /// Forgets the topics that are neither joined, nor to be, nor named by a channel.
    pub(crate) fn sweep_topics(&mut self) {
        let channels = &self.channels;
        self.topics.retain(|topic| {
            topic.state != TopicState::Idle || channels.iter().any(|channel| channel.topic == topic.id)
        });
    }

    /// Tells every channel of a topic what failed, and its rows too. What repeats is told once for each attempt.
    pub(crate) fn fail(
        &mut self,
        ctx: &mut Ctx,
        of: TopicId,
        fault: Fault,
        detail: &str,
        retry_in: Option<crate::core::base::Millis>,
    ) {
        for channel in self.users(of) {
            let about = match channel.owner {
                Owner::Page => About::Channel(channel.id),
                Owner::Rows(rows) => About::Rows(rows),
            };
            match channel.owner {
                Owner::Page if !WHOLE => {}
                Owner::Page => ctx.fail(about, fault, detail, retry_in),
                Owner::Rows(rows) => {
                    let failure = Failure { about, fault, detail: detail.to_owned(), retry_in };
                    ctx.followed.push((rows, Followed::Failed(failure)));
                }
            }
        }
    }

    /// Tells the rows of a topic something, or only those of one channel.
    pub(crate) fn tell_rows(&self, ctx: &mut Ctx, of: TopicId, only: Option<ChannelId>, what: impl Fn() -> Followed) {
        for channel in self.users(of) {
            if let Owner::Rows(rows) = channel.owner
                && only.is_none_or(|only| only == channel.id)
            {
                ctx.followed.push((rows, what()));
            }
        }
    }

    /// Who is present on a channel's topic, as JSON: an array of pairs of key and list.
    pub(crate) fn presence(&self, id: ChannelId) -> String {
        self.channels
            .iter()
            .find(|channel| channel.id == id)
            .and_then(|channel| self.topic(channel.topic))
            .map_or_else(|| String::from("[]"), |topic| topic.presence.to_json())
    }
}
