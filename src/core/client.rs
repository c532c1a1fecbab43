//! The client: takes commands and inputs, hands out effects and one deadline. It routes; the parts decide.

use super::WHOLE;
use super::asset::{AssetConfig, Assets, Patch, Problem, RetryOutcome, Shape};
use super::base::{Instant, Json, Millis, Queue, Rng, Timestamp, join};
use super::config::Config;
use super::effect::{About, ConnectionState, Effect, Failure, Notice, RowsEvent};
use super::error::{Fault, Misuse};
use super::ids::{ChannelId, ElementId, PushId, RowsId};
use super::input::{Input, PageEvent};
use super::realtime::frame::{ChangeParams, ChannelOptions};
use super::realtime::{Broadcast, Ctx, Owner, Realtime, is_service_key, quoted, unquoted};
use super::rows::{News, Rows, RowsQuery, columns_of};
use super::stories::{Step, Stories};
use super::{Deadline, Why};

/// A call that comes this much later than it was asked for: the machine slept, or the tab was throttled.
const JUMP: Millis = Millis(3_000);
/// Bars move at most this often: the eye sees no more of them, and each frame costs the page a millisecond or two.
const MOVE_INTERVAL: Millis = Millis(100);
/// After a frame, bars rest this many times as long as it took.
const MOVE_SHARE: u64 = 8;
/// Nor longer than this, whatever else the page was busy with.
const LONGEST_REST: Millis = Millis(1_000);
/// So many changes are told at once, and the next after a while. Not in frames: one in which nothing is painted costs a page
/// with many elements a millisecond or two all the same.
const TOLD_AT_ONCE: u32 = 64;
const TELL_INTERVAL: Millis = Millis(16);
/// Rounds of "fire what is due" for one input. Each round sets what it fired to later, so two are the rule; the rest is
/// there so that no mistake can hang a page.
const ROUNDS: u32 = 32;

/// A realtime client as a value. See the contract in [the module](super).
pub struct Client {
    desk: Ctx,
    realtime: Realtime,
    rows: Rows,
    stories: Stories,
    assets: Assets,
    /// What the page shows of stories has changed since the last look at which are to be followed.
    is_stale: bool,
    /// A frame has been asked for.
    painting: bool,
    /// When progress alone is worth a frame again.
    next_move: Instant,
    /// When the rest is told, if there was more to tell than is told at once.
    next_tell: Option<Instant>,
    /// What was due next when the last input had been taken in.
    due: Option<Instant>,
    /// The same but for bars, for as long as nothing has come that could be due sooner: a message with news only puts off
    /// what silence leads to, so it need not be looked for among hundreds of rows and topics. What is due later than it says
    /// is found when its time has come.
    known_due: Option<Option<Deadline>>,
    last_rows: u32,
    told: ConnectionState,
    closed: bool,
}

impl Client {
    /// A client that has done nothing yet. A service key is refused: it would give every visitor all rights.
    pub fn new(config: Config, assets: AssetConfig, now: Instant, seed: u64) -> Result<Client, Misuse> {
        if is_service_key(&config.key) {
            return Err(Misuse::ServiceKey);
        }
        Ok(Client {
            realtime: Realtime::new(&config),
            rows: Rows::default(),
            stories: Stories::default(),
            assets: Assets::new(assets),
            is_stale: false,
            painting: false,
            next_move: now,
            next_tell: None,
            due: None,
            known_due: None,
            desk: Ctx { now, rng: Rng(seed), config, effects: Queue::new(), followed: Queue::new() },
            last_rows: 0,
            told: ConnectionState::Stopped,
            closed: false,
        })
    }

    // Commands. Misuse is returned at once; everything else is an effect.

    /// Makes a channel on `topic` (without the prefix `realtime:`). Nothing is joined before [`Client::subscribe`].
    pub fn channel(&mut self, topic: &str, options: ChannelOptions) -> Result<ChannelId, Misuse> {
        self.check_open()?;
        self.realtime.open_channel(&self.desk.config, topic, Owner::Page, options)
    }

    /// Listens for changes of the database on a channel; `key` comes back with each one.
    pub fn listen(&mut self, now: Instant, channel: ChannelId, key: u32, params: ChangeParams) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.listen(&mut self.desk, channel, key, params)
    }

    /// Ends what [`Client::listen`] began.
    pub fn unlisten(&mut self, channel: ChannelId, key: u32) {
        self.realtime.unlisten(channel, key);
    }

    /// Whether `int8` and `numeric` values of changes come as strings, so that `JSON.parse` loses no digit.
    pub fn set_exact(&mut self, channel: ChannelId, exact: bool) -> Result<(), Misuse> {
        self.realtime.set_exact(channel, exact)
    }

    /// Sets how long a join of a channel may take. Where two channels of a topic say so, the one made later counts.
    pub fn set_join_timeout(&mut self, channel: ChannelId, timeout: Millis) {
        self.realtime.set_join_timeout(channel, timeout);
    }

    /// Sets how long a broadcast or a call of presence may take, before it goes out and after.
    pub fn set_push_timeout(&mut self, now: Instant, push: PushId, timeout: Millis) {
        self.at(now);
        self.realtime.set_push_timeout(&self.desk, push, timeout);
    }

    /// Sets what the page listens for on a channel besides changes: a JSON array of `broadcast <event>` (or `*`), `presence`
    /// and `system`. What is not in it is not told. Until then everything is.
    pub fn set_heard(&mut self, channel: ChannelId, names: &str) {
        self.realtime.set_heard(channel, names);
    }

    /// Subscribes a channel. A channel can be subscribed, unsubscribed and subscribed again.
    pub fn subscribe(&mut self, now: Instant, channel: ChannelId) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.subscribe(&mut self.desk, channel)?;
        self.settle();
        Ok(())
    }

    /// Unsubscribes a channel. Its topic is left when no other channel uses it.
    pub fn unsubscribe(&mut self, now: Instant, channel: ChannelId) -> Result<(), Misuse> {
        self.at(now);
        self.realtime.unsubscribe(&mut self.desk, channel)?;
        self.settle();
        Ok(())
    }

    /// Unsubscribes a channel and forgets it.
    pub fn remove_channel(&mut self, now: Instant, channel: ChannelId) {
        self.at(now);
        self.realtime.remove_channel(&mut self.desk, channel);
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
        self.realtime.broadcast(&mut self.desk, channel, event, payload, latest)
    }

    /// Shows this client on the channel (`meta` is a JSON object), or takes it back.
    pub fn track(&mut self, now: Instant, channel: ChannelId, meta: Option<&str>) -> Result<PushId, Misuse> {
        self.at(now);
        self.realtime.track(&mut self.desk, channel, meta)
    }

    /// Sets the access token by hand; `None` goes back to `accessToken`, or to none.
    pub fn set_token(&mut self, now: Instant, token: Option<&str>) -> Result<(), Misuse> {
        if token.is_some_and(is_service_key) {
            return Err(Misuse::ServiceKey);
        }
        if self.closed {
            return Ok(());
        }
        self.at(now);
        self.realtime.set_token(&mut self.desk, token);
        self.rows.forgive(self.desk.now);
        self.settle();
        Ok(())
    }

    /// Follows rows: reads them, keeps them current, reads them again after every gap. `topic` names the channel's topic.
    pub fn follow(&mut self, now: Instant, mut query: RowsQuery, topic: &str) -> Result<RowsId, Misuse> {
        self.check_open()?;
        self.at(now);
        query.select_key();
        if WHOLE {
            query.filter = query.filter.as_deref().map(unquoted);
        }
        let id = RowsId(self.last_rows + 1);
        let (config, owner) = (&self.desk.config, Owner::Rows(id));
        let channel = self.realtime.open_channel(config, topic, owner, ChannelOptions::default())?;
        let select = columns_of(&query.select).unwrap_or_default();
        let params = ChangeParams {
            event: String::from("*"),
            schema: query.schema.clone(),
            table: Some(query.table.clone()),
            filter: query.filter.as_deref().map(quoted),
            select,
        };
        let ctx = &mut self.desk;
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
        if let Some(set) = self.rows.set_mut(rows)
            && core::mem::replace(&mut set.restless, restless) != restless
        {
            self.known_due = None;
        }
    }

    /// Ends what [`Client::follow`] began.
    pub fn unfollow(&mut self, now: Instant, rows: RowsId) {
        self.at(now);
        if let Some(channel) = self.rows.close(&mut self.desk, rows) {
            self.realtime.remove_channel(&mut self.desk, channel);
        }
        self.settle();
    }

    /// Wants a story, whether or not an element shows it. Each `open_story` has its `close_story`.
    pub fn open_story(&mut self, story: &str) {
        self.is_stale = true;
        self.assets.open(story);
    }

    /// Ends what [`Client::open_story`] began.
    pub fn close_story(&mut self, story: &str) {
        self.is_stale = true;
        self.assets.close(story);
    }

    /// An element shows an asset of a story, or has lost what it showed.
    pub fn mount(&mut self, element: ElementId, story: &str, asset: &str, shape: Shape) {
        self.is_stale = true;
        self.assets.mount(element, story, asset, shape);
    }

    /// An element is the container of a story.
    pub fn mount_story(&mut self, element: ElementId, story: &str) {
        self.is_stale = true;
        self.assets.mount_story(element, story);
    }

    /// An element has gone.
    pub fn unmount(&mut self, element: ElementId) {
        self.is_stale = true;
        self.assets.unmount(element);
    }

    /// An element has come into view, or has left it.
    pub fn set_visible(&mut self, element: ElementId, visible: bool) {
        self.is_stale = true;
        self.assets.set_visible(element, visible);
    }

    /// The content of an element is in the page, or could not be loaded.
    pub fn content_settled(&mut self, element: ElementId, loaded: bool) {
        if loaded { self.assets.content_loaded(element) } else { self.assets.content_failed(element) }
    }

    /// A visitor clicked the retry button of an element.
    pub fn retry_clicked(&mut self, element: ElementId) {
        self.assets.retry_clicked(element);
    }

    /// Asks for an asset to be made again.
    pub fn retry(&mut self, story: &str, asset: &str) {
        self.assets.retry(story, asset);
    }

    /// What came of a retry.
    pub fn retry_settled(&mut self, story: &str, asset: &str, outcome: RetryOutcome) {
        self.assets.retry_settled(story, asset, outcome);
    }

    /// The next change to the page, at a frame that [`Effect::Paint`] asked for; `None`: the frame is done.
    pub fn next_patch(&mut self) -> Option<Patch> {
        let patch = self.assets.next_patch(self.next_move <= self.desk.now);
        self.painting = patch.is_some();
        patch
    }

    /// The frame is over, done or not; what was painted is told. Progress waits for its next turn all the longer the more
    /// was `spent`, so that under any load most of the time is the page's.
    pub fn end_frame(&mut self, now: Instant, spent: Millis) {
        let has_moved = self.next_move <= self.desk.now;
        self.pass(now);
        self.painting = false;
        if has_moved {
            self.next_move = self.desk.now + MOVE_INTERVAL.max(Millis(spent.0 * MOVE_SHARE).min(LONGEST_REST));
        }
        self.tell_changes();
        self.ask_frame();
    }

    /// Tells what has become of assets.
    fn tell_changes(&mut self) {
        self.next_tell = None;
        for _ in 0..TOLD_AT_ONCE {
            let Some(change) = self.assets.poll_change() else { return };
            self.desk.push(Effect::Notify(Notice::Asset(change)));
        }
        self.next_tell = Some(self.desk.now + TELL_INTERVAL);
    }

    /// What is known of the assets.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Closes everything: channels are told `CLOSED`, pushes are settled, the socket closes, no timeout remains.
    pub fn close(&mut self, now: Instant) {
        self.at(now);
        self.closed = true;
        self.realtime.stop(&mut self.desk);
        self.rows.stop(&mut self.desk);
        self.desk.followed = Queue::new();
        self.tell_connection();
    }

    // Inputs and outputs.

    /// Takes in what happened, and whatever else has come due.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.pass(now);
        if self.closed {
            return;
        }
        if self.due.is_some_and(|at| self.desk.now - at > JUMP) {
            self.wake();
        }
        let ctx = &mut self.desk;
        match input {
            Input::Timeout => {}
            Input::Socket(socket, event) => {
                let is_early = self.due.is_some_and(|at| at > ctx.now) && self.known_due.is_some() && !self.is_stale;
                // By far the most inputs end here.
                if self.realtime.handle_socket(ctx, socket, event) && self.settle() && is_early {
                    return;
                }
            }
            Input::Page(event) => {
                self.realtime.handle_page_event(ctx, event);
                if matches!(event, PageEvent::Visible | PageEvent::Resumed | PageEvent::Online) {
                    self.rows.wake(ctx);
                }
            }
            Input::Token(request, answer) => {
                if self.realtime.handle_token(ctx, request, answer) {
                    self.rows.forgive(self.desk.now);
                }
                self.rows.hurry(self.desk.now);
            }
            Input::Answer(request, answer) => self.rows.handle_answer(ctx, &mut self.realtime, request, answer),
        }
        for _ in 0..ROUNDS {
            self.fire_due();
            self.known_due = Some(self.next_but_moves());
            self.due = self.next_timeout().map(|deadline| deadline.at);
            if self.due.is_none_or(|at| at > self.desk.now) {
                break;
            }
        }
        self.tell_connection();
    }

    /// The next thing to do, oldest first.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.desk.effects.pop()
    }

    /// Whether there is anything to do.
    pub(crate) fn has_effects(&self) -> bool {
        !self.desk.effects.is_empty()
    }

    /// When to call again at the latest, even if nothing happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Deadline> {
        if self.closed {
            return None;
        }
        let moves = !self.painting && self.assets.is_moving();
        let first = Deadline::earliest(&[
            self.known_due.unwrap_or_else(|| self.next_but_moves()),
            moves.then_some(Deadline::new(self.next_move, Why::Paint)),
            self.next_tell.map(|at| Deadline::new(at, Why::Tell)),
        ]);
        // A turn that was due long before anybody asked for it is due now; it does not mean that the page slept.
        first.map(|deadline| Deadline::new(deadline.at.max(self.desk.now), deadline.why))
    }

    fn next_but_moves(&self) -> Option<Deadline> {
        let config = &self.desk.config;
        let poll =
            self.realtime.down_for_at(config.poll_after).filter(|at| *at > self.desk.now && !self.rows.is_empty());
        Deadline::earliest(&[
            self.realtime.next_deadline(self.desk.now, config),
            self.rows.next_deadline(),
            poll.map(|at| Deadline::new(at, Why::Poll)),
            self.stories.next_deadline(),
        ])
    }

    // Getters.

    /// What `client.connection` says.
    pub fn connection(&self) -> ConnectionState {
        let given_up = self.realtime.is_refused() && self.rows.is_refused();
        if self.closed || !self.realtime.is_wanted() || given_up {
            ConnectionState::Stopped
        } else if self.realtime.is_live() && self.rows.is_live() {
            ConnectionState::Live
        } else if !self.realtime.is_online() && !self.realtime.is_open() {
            ConnectionState::Offline
        } else if self.is_polling() {
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

    fn check_open(&self) -> Result<(), Misuse> {
        if self.closed { Err(Misuse::Closed) } else { Ok(()) }
    }

    /// A command comes, which may have whatever follows.
    fn at(&mut self, now: Instant) {
        self.pass(now);
        self.known_due = None;
    }

    fn pass(&mut self, now: Instant) {
        self.desk.now = self.desk.now.max(now);
    }

    fn is_polling(&self) -> bool {
        let down = self.realtime.down_for(self.desk.now).is_some_and(|span| span >= self.desk.config.poll_after);
        let may_read = !self.realtime.lacks_token(self.desk.now);
        may_read && !self.rows.is_empty() && (down || self.rows.is_unfollowed())
    }

    /// The page slept without having said so.
    fn wake(&mut self) {
        self.realtime.probe(&mut self.desk);
        self.rows.wake(&mut self.desk);
    }

    fn fire_due(&mut self) {
        self.follow_stories();
        self.realtime.fire_due(&mut self.desk);
        let down = self.realtime.down_for(self.desk.now).is_some_and(|span| span >= self.desk.config.poll_after);
        if down {
            self.rows.start_polling(self.desk.now);
        }
        self.rows.fire_due(&mut self.desk, &mut self.realtime);
        self.settle();
    }

    /// Carries what happened to channels to the rows that own them, and what the rows say to their owners. `true`: nothing
    /// comes due sooner through it.
    fn settle(&mut self) -> bool {
        let mut is_news = true;
        while let Some((rows, what)) = self.desk.followed.pop() {
            is_news &= self.rows.handle_followed(&mut self.desk, rows, what);
        }
        for (rows, news) in core::mem::take(&mut self.rows.news) {
            let notice = match (news, self.stories.story_of(rows).map(str::to_owned)) {
                // In the build for story pages every set belongs to a story.
                (_, None) if !WHOLE => continue,
                // One row says by itself that it was read.
                (News::Event(RowsEvent::Read), None) if self.rows.set(rows).is_some_and(|set| set.query.single) => {
                    continue;
                }
                (News::Put(key, row, _), None) => Notice::Rows(rows, RowsEvent::Put(key, row)),
                (News::Event(event), None) => Notice::Rows(rows, event),
                (News::Failed(failure), None) => Notice::Fault(failure),
                (News::Put(_, row, version), Some(story)) => {
                    self.show(rows, &story, Json::known(&row), version);
                    continue;
                }
                (News::Event(event), Some(story)) => {
                    self.note(rows, &story, event);
                    continue;
                }
                (News::Failed(failure), Some(story)) => {
                    if let Some(problem) = problem_of(&failure) {
                        self.assets.set_problem(&story, Some(problem));
                    }
                    Notice::Fault(Failure { about: About::Story(story), ..failure })
                }
            };
            // That a token cannot be had has been told, with the time of the next attempt.
            if !matches!(&notice, Notice::Fault(failure) if failure.fault == Fault::TokenUnavailable) {
                self.desk.push(Effect::Notify(notice));
            }
        }
        while let Some(retry) = self.assets.poll_retry() {
            self.desk.push(Effect::Retry(retry));
        }
        // The first is told at once, what comes before the frame is over with the frame.
        let may_tell =
            self.next_tell.map_or(!self.painting && self.next_move <= self.desk.now, |at| at <= self.desk.now);
        if may_tell {
            self.tell_changes();
        }
        self.ask_frame();
        is_news && self.known_due.is_some()
    }

    /// Asks for a frame if there is something to paint: at once, or, if bars have moved and nothing else, when it is time.
    fn ask_frame(&mut self) {
        let is_time = self.assets.is_moving() && self.next_move <= self.desk.now;
        if !self.painting && (is_time || self.assets.is_dirty()) {
            self.painting = true;
            self.desk.push(Effect::Paint);
        }
    }

    /// A story's row is another one. Rows come here in their order, and that counts where they have no version: the visitor's
    /// clock says nothing about the server's.
    fn show(&mut self, rows: RowsId, story: &str, row: Json<'_>, version: Option<Timestamp>) {
        self.assets.apply_row(story, row, version.unwrap_or_default());
        self.assets.set_problem(story, None);
        // What is complete changes no more by itself: silence is no reason to read it again.
        let done = self.assets.overall(story) == Some(super::asset::Overall::Completed);
        self.set_rows_restless(rows, !done);
    }

    /// What else is to be said of a story's row.
    fn note(&mut self, rows: RowsId, story: &str, event: RowsEvent) {
        match event {
            RowsEvent::Gone(_) => self.assets.set_problem(story, Some(Problem::UnknownStory)),
            // Whatever was in the way of reading it; a row that is not there can be read too.
            RowsEvent::Read => {
                if self.rows.set(rows).is_some_and(|set| !set.is_empty()) {
                    self.assets.set_problem(story, None);
                }
            }
            RowsEvent::Put(..) | RowsEvent::Stale | RowsEvent::Live(_) => {}
        }
    }

    /// Sees to it that the stories wanted are those followed.
    fn follow_stories(&mut self) {
        let is_over = self.stories.next_deadline().is_some_and(|deadline| deadline.at <= self.desk.now);
        if !core::mem::take(&mut self.is_stale) && !is_over {
            return; // nearly every message: a page with many stories must not be looked through for each
        }
        for step in self.stories.steps(self.desk.now, &mut self.assets) {
            match step {
                Step::Unfollow(rows) => self.unfollow(self.desk.now, rows),
                Step::Follow(story) => {
                    let source = &self.desk.config.stories;
                    let (query, topic) = (source.query(&story), join(&[&source.topic, &story]));
                    let rows = self.follow(self.desk.now, query, &topic);
                    if let Some(set) = rows.as_ref().ok().and_then(|rows| self.rows.set(*rows)) {
                        self.realtime.gather_story(&mut self.desk, set.channel);
                    }
                    self.assets.set_followed(&story, true);
                    if WHOLE && rows.is_err() {
                        self.assets.set_problem(&story, Some(Problem::Unreachable));
                        self.desk.fail(About::Story(story.clone()), Fault::TooManyChannels, "", None);
                    }
                    self.stories.note(story, rows.ok());
                }
            }
        }
        self.stories.each_in_view(&self.assets, |rows, visible| {
            if let Some(set) = self.rows.set(rows) {
                self.realtime.set_priority(set.channel, u8::from(!visible));
            }
        });
    }

    fn tell_connection(&mut self) {
        let state = self.connection();
        if state != self.told {
            self.told = state;
            self.desk.push(Effect::Notify(Notice::Connection(state)));
        }
    }
}

/// How a story shows a failure of its row: only what a visitor can see the effect of. What keeps changes from coming is
/// none of that, since the row is then read at intervals.
fn problem_of(failure: &Failure) -> Option<Problem> {
    match failure.fault {
        Fault::RowMissing => Some(Problem::UnknownStory),
        Fault::ReadRefused | Fault::KeyRefused => Some(Problem::NoPermission),
        // For now, it is only old; for good, there is no other.
        Fault::TokenExpired if failure.retry_in.is_none() => Some(Problem::NoPermission),
        Fault::BadAnswer => Some(Problem::Unreadable),
        Fault::ReadFailed | Fault::TokenUnavailable => Some(Problem::Unreachable),
        _ => None,
    }
}
