//! The client: takes commands and inputs, hands out effects and one deadline. It routes; the parts decide.

use std::collections::VecDeque;

use super::base::{Instant, Millis, Rng};
use super::config::Config;
use super::effect::{ConnectionState, Effect, Notice};
use super::error::Misuse;
use super::ids::{ChannelId, PushId, RowsId};
use super::input::{Input, PageEvent};
use super::realtime::frame::{ChangeParams, ChannelOptions};
use super::realtime::{Broadcast, Ctx, Followed, Owner, Realtime, is_service_key};
use super::rows::{News, Rows, RowsQuery};
use super::{Deadline, Why};

/// A call that comes this much later than it was asked for: the machine slept, or the tab was throttled.
const JUMP: Millis = Millis(3_000);
/// Rounds of "fire what is due" for one input. Each round sets what it fired to later, so two are the rule; the rest is
/// there so that no mistake can hang a page.
const ROUNDS: u32 = 32;

/// A realtime client as a value. See the contract in [the module](super).
#[derive(Debug)]
pub struct Client {
    desk: Desk,
    realtime: Realtime,
    rows: Rows,
    last_rows: u32,
    told: ConnectionState,
    closed: bool,
}

/// What every part is lent: the moment, randomness, the options, and where effects go.
#[derive(Debug)]
struct Desk {
    now: Instant,
    rng: Rng,
    config: Config,
    effects: VecDeque<Effect>,
    followed: VecDeque<(RowsId, Followed)>,
}

impl Desk {
    fn ctx(&mut self) -> Ctx<'_> {
        Ctx {
            now: self.now,
            rng: &mut self.rng,
            config: &self.config,
            effects: &mut self.effects,
            followed: &mut self.followed,
        }
    }
}

impl Client {
    /// A client that has done nothing yet. A service key is refused: it would give every visitor all rights.
    pub fn new(config: Config, now: Instant, seed: u64) -> Result<Client, Misuse> {
        if is_service_key(&config.key) {
            return Err(Misuse::ServiceKey);
        }
        Ok(Client {
            realtime: Realtime::new(&config),
            rows: Rows::default(),
            desk: Desk { now, rng: Rng(seed), config, effects: VecDeque::new(), followed: VecDeque::new() },
            last_rows: 0,
            told: ConnectionState::Stopped,
            closed: false,
        })
    }

    // Commands. Misuse is returned at once; everything else is an effect.

    /// Makes a channel on `topic` (without the prefix `realtime:`). Nothing is joined before [`Client::subscribe`].
    pub fn channel(&mut self, topic: &str, options: ChannelOptions) -> Result<ChannelId, Misuse> {
        self.realtime.open_channel(topic, Owner::Page, options)
    }

    /// Listens for changes of the database on a channel; `key` comes back with each one.
    pub fn listen(&mut self, now: Instant, channel: ChannelId, key: u32, params: ChangeParams) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.listen(&mut self.desk.ctx(), channel, key, params)
    }

    /// Ends what [`Client::listen`] began.
    pub fn unlisten(&mut self, channel: ChannelId, key: u32) {
        self.realtime.unlisten(channel, key);
    }

    /// Whether `int8` and `numeric` values of changes come as strings, so that `JSON.parse` loses no digit.
    pub fn set_exact(&mut self, channel: ChannelId, exact: bool) -> Result<(), Misuse> {
        self.realtime.set_exact(channel, exact)
    }

    /// Subscribes a channel. A channel can be subscribed, unsubscribed and subscribed again.
    pub fn subscribe(&mut self, now: Instant, channel: ChannelId) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.subscribe(&mut self.desk.ctx(), channel)?;
        self.settle();
        Ok(())
    }

    /// Unsubscribes a channel. Its topic is left when no other channel uses it.
    pub fn unsubscribe(&mut self, now: Instant, channel: ChannelId) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.unsubscribe(&mut self.desk.ctx(), channel)?;
        self.settle();
        Ok(())
    }

    /// Unsubscribes a channel and forgets it.
    pub fn remove_channel(&mut self, now: Instant, channel: ChannelId) {
        self.at(now);
        self.realtime.remove_channel(&mut self.desk.ctx(), channel);
        self.settle();
    }

    /// Sends a broadcast; the id is settled once. `latest`: while it waits, a later one of the same event takes its place.
    pub fn broadcast(
        &mut self,
        now: Instant,
        channel: ChannelId,
        event: &str,
        payload: Broadcast<'_>,
        latest: bool,
    ) -> Result<PushId, Misuse> {
        self.at(now);
        self.realtime.broadcast(&mut self.desk.ctx(), channel, event, payload, latest)
    }

    /// Shows this client on the channel (`meta` is a JSON object), or takes it back.
    pub fn track(&mut self, now: Instant, channel: ChannelId, meta: Option<&str>) -> Result<PushId, Misuse> {
        self.at(now);
        self.realtime.track(&mut self.desk.ctx(), channel, meta)
    }

    /// Sets the access token by hand; `None` goes back to `accessToken`, or to none.
    pub fn set_token(&mut self, now: Instant, token: Option<&str>) -> Result<(), Misuse> {
        if token.is_some_and(is_service_key) {
            return Err(Misuse::ServiceKey);
        }
        self.at(now);
        self.realtime.set_token(&mut self.desk.ctx(), token);
        self.rows.forgive(self.desk.now);
        self.settle();
        Ok(())
    }

    /// Follows rows: reads them, keeps them current, reads them again after every gap. `topic` names the channel's topic.
    pub fn follow(&mut self, now: Instant, query: RowsQuery, topic: &str) -> Result<RowsId, Misuse> {
        self.at(now);
        let id = RowsId(self.last_rows + 1);
        let channel = self.realtime.open_channel(topic, Owner::Rows(id), ChannelOptions::default())?;
        let select =
            if query.select == "*" { Vec::new() } else { query.select.split(',').map(str::to_owned).collect() };
        let params = ChangeParams {
            event: String::from("*"),
            schema: query.schema.clone(),
            table: Some(query.table.clone()),
            filter: query.filter.clone(),
            select,
        };
        let ctx = &mut self.desk.ctx();
        let subscribed =
            self.realtime.listen(ctx, channel, 0, params).and_then(|()| self.realtime.subscribe(ctx, channel));
        if let Err(misuse) = subscribed {
            self.realtime.remove_channel(ctx, channel);
            return Err(misuse);
        }
        self.last_rows = id.0;
        self.rows.open(self.desk.now, &self.desk.config, id, channel, query);
        self.settle();
        Ok(id)
    }

    /// Sets which rows are joined first: those that the visitor sees.
    pub fn set_rows_visible(&mut self, rows: RowsId, visible: bool) {
        if let Some(set) = self.rows.set(rows) {
            self.realtime.set_priority(set.channel, u8::from(!visible));
        }
    }

    /// Whether the rows can still change; those that cannot are not read again after long silence.
    pub fn set_rows_restless(&mut self, rows: RowsId, restless: bool) {
        if let Some(set) = self.rows.set_mut(rows) {
            set.restless = restless;
        }
    }

    /// Ends what [`Client::follow`] began.
    pub fn unfollow(&mut self, now: Instant, rows: RowsId) {
        self.at(now);
        if let Some(channel) = self.rows.close(&mut self.desk.ctx(), rows) {
            self.realtime.remove_channel(&mut self.desk.ctx(), channel);
        }
        self.settle();
    }

    /// Closes everything: channels are told `CLOSED`, pushes are settled, the socket closes, no timeout remains.
    pub fn close(&mut self, now: Instant) {
        self.at(now);
        self.closed = true;
        self.realtime.stop(&mut self.desk.ctx());
        self.rows.stop(&mut self.desk.ctx());
        self.desk.followed.clear();
        self.tell_connection();
    }

    // Inputs and outputs.

    /// Takes in what happened, and whatever else has come due.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        let expected = self.next_timeout().map(|deadline| deadline.at);
        self.at(now);
        if self.closed {
            return;
        }
        if expected.is_some_and(|at| self.desk.now - at > JUMP) {
            self.wake();
        }
        let ctx = &mut self.desk.ctx();
        match input {
            Input::Timeout => {}
            Input::Socket(socket, event) => self.realtime.handle_socket(ctx, socket, event),
            Input::Page(event) => {
                self.realtime.handle_page_event(ctx, event);
                if matches!(event, PageEvent::Visible | PageEvent::Resumed | PageEvent::Online) {
                    self.rows.wake(self.desk.now);
                }
            }
            Input::Token(request, answer) => {
                self.realtime.handle_token(ctx, request, answer);
                self.rows.hurry(self.desk.now);
            }
            Input::Answer(request, answer) => self.rows.handle_answer(ctx, &mut self.realtime, request, answer),
        }
        for _ in 0..ROUNDS {
            self.fire_due();
            if self.next_timeout().is_none_or(|deadline| deadline.at > self.desk.now) {
                break;
            }
        }
        self.tell_connection();
    }

    /// The next thing to do, oldest first.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.desk.effects.pop_front()
    }

    /// When to call again at the latest, even if nothing happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Deadline> {
        if self.closed {
            return None;
        }
        let config = &self.desk.config;
        let poll =
            self.realtime.down_for_at(config.poll_after).filter(|at| *at > self.desk.now && !self.rows.is_empty());
        Deadline::earliest([
            self.realtime.next_deadline(self.desk.now, config),
            self.rows.next_deadline(),
            poll.map(|at| Deadline::new(at, Why::Poll)),
        ])
    }

    // Getters.

    /// What `client.connection` says.
    pub fn connection(&self) -> ConnectionState {
        let polling = self.is_polling();
        if self.closed || !self.realtime.is_wanted() || self.rows.is_refused() || self.realtime.is_refused() && !polling
        {
            ConnectionState::Stopped
        } else if self.realtime.is_live() && self.rows.is_live() {
            ConnectionState::Live
        } else if !self.realtime.is_online() && !self.realtime.is_open() {
            ConnectionState::Offline
        } else if polling {
            ConnectionState::Polling
        } else {
            ConnectionState::CatchingUp
        }
    }

    /// Who is present on a channel, as JSON: an array of pairs of key and list.
    pub fn presence(&self, channel: ChannelId) -> String {
        self.realtime.presence(channel)
    }

    /// The rows of a set as they are known, as a JSON array.
    pub fn rows(&self, rows: RowsId) -> String {
        self.rows.set(rows).map_or_else(|| String::from("[]"), |set| set.to_json())
    }

    // Inside.

    fn at(&mut self, now: Instant) {
        self.desk.now = self.desk.now.max(now);
    }

    fn is_polling(&self) -> bool {
        let down = self.realtime.down_for(self.desk.now).is_some_and(|span| span >= self.desk.config.poll_after);
        !self.rows.is_empty() && (down || self.rows.is_unfollowed())
    }

    /// The page slept without having said so.
    fn wake(&mut self) {
        self.realtime.probe(&mut self.desk.ctx());
        self.rows.wake(self.desk.now);
    }

    fn fire_due(&mut self) {
        self.realtime.fire_due(&mut self.desk.ctx());
        let down = self.realtime.down_for(self.desk.now).is_some_and(|span| span >= self.desk.config.poll_after);
        if down {
            self.rows.start_polling(self.desk.now);
        }
        self.rows.fire_due(&mut self.desk.ctx(), &mut self.realtime);
        self.settle();
    }

    /// Carries what happened to channels to the rows that own them, and what the rows say to their owners.
    fn settle(&mut self) {
        while let Some((rows, what)) = self.desk.followed.pop_front() {
            self.rows.handle_followed(&mut self.desk.ctx(), rows, what);
        }
        for (rows, news) in core::mem::take(&mut self.rows.news) {
            let notice = match news {
                News::Event(event) => Notice::Rows(rows, event),
                News::Failed(failure) => Notice::Fault(failure),
            };
            self.desk.effects.push_back(Effect::Notify(notice));
        }
    }

    fn tell_connection(&mut self) {
        let state = self.connection();
        if state != self.told {
            self.told = state;
            self.desk.effects.push_back(Effect::Notify(Notice::Connection(state)));
        }
    }
}
