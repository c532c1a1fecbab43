//! Random histories: what a page, a network and a server can do, and what must be true whatever they did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use storywire::core::Client;
use storywire::core::effect::{ConnectionState, Notice, RowsEvent};
use storywire::core::ids::{ChannelId, RowsId};
use storywire::core::input::{Input, PageEvent, SocketEvent};
use storywire::core::realtime::frame::ChannelOptions;

use super::phoenix::asked_for;
use super::world::{World, token};

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Action {
    Pass(u64),
    Sleep(u64),
    // The network.
    Cut(u16),
    Down(bool),
    NoSockets(bool),
    Stall(bool),
    Echo(bool),
    Latency(u64),
    Junk(Vec<u8>),
    // The server.
    Mute(bool),
    Refuse(u8),
    Expire,
    SilentChanges(bool),
    SubscribeDelay(u64),
    FeedDelay(u64),
    DatabaseAway,
    DatabaseBack(bool),
    Crash(u8),
    ReadAnswer(u8),
    ReadDelay(u64),
    Write(u8, u8),
    Delete(u8),
    // The page.
    Page(PageEvent),
    Follow(u8),
    Unfollow(u8),
    Story(u8, bool),
    Subscribe(u8),
    Unsubscribe(u8),
    Listen(u8),
    Broadcast(u8, bool),
    Track(u8, bool),
    SetToken(u8),
    TokenStuck(bool),
    TokenFails(bool),
}

/// What a join is refused with.
pub const REFUSALS: [&str; 9] = [
    "InvalidJWTToken: Token has expired 5 seconds ago",
    "MalformedJWT: The token provided is not a valid JWT",
    "Unauthorized: You do not have permissions to read from this Channel topic: x",
    "PrivateOnly: This project only allows private channels",
    "ClientJoinRateLimitReached: Too many joins per second",
    "ConnectionRateLimitReached: Too many connected users",
    "RealtimeRestarting: Realtime is restarting, please standby",
    "DatabaseLackOfConnections: Database can't accept more connections",
    "UnknownErrorOnChannel: no function clause matching",
];

const READ_ANSWERS: [(u16, &str); 7] = [
    (503, ""),
    (0, ""),
    (200, "<html>"),
    (429, r#"{"message":"slow down"}"#),
    (401, r#"{"message":"JWT expired"}"#),
    (404, r#"{"message":"no such table"}"#),
    (200, "{}"),
];

/// The stories of the page: ids of each shape, one that the column cannot hold, and one that it writes in another way.
const STORIES: [&str; 10] = [
    "10",
    "11",
    "12",
    "13",
    "6F9619FF-8B86-4d01-b42d-00cf4fc964ff",
    "6f9619ff-8b86-4d01-b42d-000000000001",
    "a,b",
    "slug",
    "bad",
    "99",
];

/// The ids of rows: four that are followed as such, and those of stories, as the database writes them.
fn row_id(which: u8) -> String {
    match which {
        0..4 => which.to_string(),
        _ => STORIES[usize::from(which) - 4].to_lowercase(),
    }
}

pub struct History {
    pub world: World,
    asks: bool,
    channels: Vec<Option<ChannelId>>,
    followed: BTreeMap<String, RowsId>,
    stories: BTreeSet<u8>,
    tracked: BTreeMap<u8, u32>,
    pushes: BTreeSet<u32>,
    wanted: BTreeSet<u8>,
    count: u32,
    /// Changes were lost without a word.
    silent_loss: bool,
    keys: u32,
    fatal: bool,
}

impl History {
    pub fn new(seed: u64, asks: bool) -> History {
        let mut world = World::with(seed, |config| config.asks_tokens = asks);
        world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 120_000));
        world.server.checks_tokens = true;
        world.server.lowers = true;
        world.server.malformed = vec!["bad".into(), "99".into()];
        History {
            world,
            asks,
            channels: vec![None; 4],
            followed: BTreeMap::new(),
            stories: BTreeSet::new(),
            tracked: BTreeMap::new(),
            pushes: BTreeSet::new(),
            wanted: BTreeSet::new(),
            count: 0,
            silent_loss: false,
            keys: 0,
            fatal: false,
        }
    }

    fn channel(&mut self, which: u8) -> ChannelId {
        let options = ChannelOptions {
            presence: true,
            presence_key: format!("me-{which}"),
            ack: which.is_multiple_of(2),
            ..ChannelOptions::default()
        };
        if let Some(channel) = self.channels[usize::from(which)] {
            return channel;
        }
        let channel = self.world.client.channel(&format!("room:{which}"), options).unwrap();
        self.channels[usize::from(which)] = Some(channel);
        channel
    }

    pub fn act(&mut self, action: &Action) {
        let world = &mut self.world;
        match action {
            Action::Pass(span) => world.pass(*span),
            Action::Sleep(span) => world.sleep(*span),
            Action::Cut(code) => {
                world.cut(*code);
            }
            Action::Down(down) => {
                world.up = !down;
                if *down {
                    world.cut(1006);
                }
            }
            Action::NoSockets(no) => {
                world.no_sockets = *no;
                if *no {
                    world.cut(1006);
                }
            }
            Action::Stall(true) => world.stalled = true,
            Action::Stall(false) => world.unstall(),
            Action::Echo(echo) => world.echo = *echo,
            Action::Latency(latency) => world.latency = *latency,
            Action::Junk(bytes) => {
                let socket = storywire::core::ids::SocketId(world.socket());
                match std::str::from_utf8(bytes) {
                    Ok(text) => world.input(Input::Socket(socket, SocketEvent::Text(text))),
                    Err(_) => world.input(Input::Socket(socket, SocketEvent::Binary(bytes))),
                }
            }
            // A server that hangs has lost its sockets when it is back.
            Action::Mute(mute) => {
                if world.server.mute && !mute {
                    world.cut(1006);
                }
                world.server.mute = *mute;
            }
            Action::Refuse(which) => {
                self.fatal |= (1..4).contains(which);
                world.server.refuse_next.push(REFUSALS[usize::from(*which) % REFUSALS.len()].into());
            }
            Action::Expire => {
                let sent = world.server.expire();
                world.deliver(sent);
            }
            Action::SilentChanges(silent) => world.server.silent_changes = *silent,
            Action::SubscribeDelay(delay) => world.server.subscribe_delay = *delay,
            Action::FeedDelay(delay) => world.server.feed_delay = *delay,
            Action::DatabaseAway => world.server.database_away = true,
            Action::DatabaseBack(announced) => self.database_back(*announced),
            Action::Crash(which) => {
                let sent = world.server.crash(usize::from(*which));
                world.deliver(sent);
            }
            Action::ReadAnswer(which) => {
                world.read_answer =
                    READ_ANSWERS.get(usize::from(*which)).map(|(status, body)| (*status, (*body).to_owned()));
            }
            Action::ReadDelay(delay) => world.read_delay = *delay,
            Action::Write(which, _) if world.server.malformed.contains(&row_id(*which)) => {}
            Action::Write(which, kind) => {
                self.count += 1;
                let mut row = json!({"n": self.count});
                if which.is_multiple_of(2) {
                    row["updated_at"] = json!("");
                }
                match kind % 5 {
                    0 | 1 => row["large"] = json!("a large value"),
                    2 => row["huge"] = json!("x"),
                    _ => {}
                }
                world.write(&row_id(*which), row);
            }
            Action::Delete(which) => world.delete(&row_id(*which)),
            Action::Page(event) => world.page(*event),
            Action::Follow(which) => {
                let id = which.to_string();
                self.followed.entry(id.clone()).or_insert_with(|| world.follow(&id));
            }
            Action::Unfollow(which) => {
                if let Some(rows) = self.followed.remove(&which.to_string()) {
                    world.act(|client, now| client.unfollow(now, rows));
                }
            }
            Action::Story(which, shown) => {
                let id = STORIES[usize::from(*which)];
                if *shown && self.stories.insert(*which) {
                    world.client.open_story(id);
                } else if !*shown && self.stories.remove(which) {
                    world.client.close_story(id);
                }
                world.input(Input::Timeout);
            }
            Action::Subscribe(which) => {
                let channel = self.channel(*which);
                self.world.act(|client, now| client.subscribe(now, channel)).unwrap();
                self.wanted.insert(*which);
            }
            Action::Unsubscribe(which) => {
                let channel = self.channel(*which);
                self.world.act(|client, now| client.unsubscribe(now, channel)).unwrap();
                self.wanted.remove(which);
                self.tracked.remove(which);
            }
            Action::Listen(which) => {
                let channel = self.channel(*which);
                self.keys += 1;
                let key = self.keys;
                self.world.listen(channel, key, "*", Some(&format!("id=eq.{}", key % 4)));
            }
            Action::Broadcast(which, latest) => {
                let channel = self.channel(*which);
                let push = if *latest {
                    self.world.latest(channel, "x", "{}")
                } else {
                    self.world.broadcast(channel, "x", "{}")
                };
                self.pushes.insert(push);
            }
            Action::Track(which, shown) => {
                let channel = self.channel(*which);
                self.count += 1;
                let meta = json!({"n": self.count}).to_string();
                let push = self.world.track(channel, shown.then_some(meta.as_str()));
                self.pushes.insert(push);
                let heard = self.world.outcome(push) != Some(&storywire::core::effect::Outcome::Dropped);
                if self.wanted.contains(which) && heard {
                    if *shown {
                        self.tracked.insert(*which, self.count)
                    } else {
                        self.tracked.remove(which)
                    };
                }
            }
            Action::SetToken(which) => {
                let text = token(&format!("hand-{which}"), world.now + 60_000 * u64::from(*which));
                world.set_token(Some(&text).filter(|_| *which > 0).map(String::as_str));
            }
            Action::TokenStuck(stuck) => world.token_stuck = *stuck,
            Action::TokenFails(fails) => world.token_fails = *fails,
        }
    }

    fn database_back(&mut self, announced: bool) {
        let away = std::mem::take(&mut self.world.server.database_away);
        if announced {
            let sent = self.world.server.database_back();
            self.world.deliver(sent);
        } else {
            self.silent_loss |= away;
        }
    }

    /// Everything is well again, and the page is there.
    pub fn heal(&mut self) {
        self.database_back(true);
        let world = &mut self.world;
        if world.server.mute || world.stalled {
            world.server.mute = false;
            world.cut(1006);
            world.unstall();
        }
        (world.up, world.no_sockets, world.echo) = (true, false, false);
        (world.token_stuck, world.token_fails, world.read_answer) = (false, false, None);
        (world.latency, world.read_delay) = (20, 0);
        (world.server.silent_changes, world.server.feed_delay, world.server.subscribe_delay) = (false, 50, 100);
        world.server.refuse_next.clear();
        for event in [PageEvent::Resumed, PageEvent::Online, PageEvent::Visible] {
            world.page(event);
        }
        if self.fatal {
            world.pass(60_000); // a refusal can still be on its way
        }
        // What was refused for good is forgiven by a new token; whoever signs in once more gives one.
        let now = world.now;
        let text = token(&format!("healed-{now}"), now + 1_000_000_000);
        if self.asks {
            world.token = |asked, now| Some(token(&format!("healed-{asked}"), now + 1_000_000_000));
            world.set_token(None);
        } else {
            world.set_token(Some(&text));
        }
    }

    /// What must be true once the world has been well for long enough.
    pub fn check(&mut self) {
        let world = &self.world;
        let story = || world.story();
        // Law 7. The topics wanted are joined, and no others.
        let mut wanted: Vec<String> = self.wanted.iter().map(|which| format!("realtime:room:{which}")).collect();
        wanted.extend(self.followed.keys().map(|id| format!("realtime:story:{id}")));
        let stories: BTreeSet<&str> = self.stories.iter().map(|which| STORIES[usize::from(*which)]).collect();
        let mut missing = stories.clone();
        for joined in &world.server.joined {
            if !wanted.contains(&joined.topic) {
                let entries = joined.config["postgres_changes"].as_array().unwrap();
                let asked: Vec<String> = entries.iter().flat_map(asked_for).collect();
                // One that went, or is followed by itself now, is left out at the next join.
                assert!(
                    asked.iter().any(|id| stories.contains(id.as_str())),
                    "{} is joined for nobody\n{}",
                    joined.topic,
                    story()
                );
                assert!(
                    joined.flows_at.is_some() || asked == ["bad"] || asked == ["99"],
                    "{asked:?} silenced\n{}",
                    story()
                );
                missing.retain(|id| !asked.iter().any(|of| of == id));
                wanted.push(joined.topic.clone());
            }
        }
        assert!(missing.is_empty(), "{missing:?} are not joined\n{}", story());
        wanted.sort_unstable();
        assert_eq!(world.server.topics(), wanted, "{}", story());
        // Nothing works of what the page wants where it is stories alone that the column cannot hold.
        let bad = |which: &u8| world.server.malformed.iter().any(|bad| bad == STORIES[usize::from(*which)]);
        let works = !self.wanted.is_empty() || !self.followed.is_empty() || !self.stories.iter().all(bad);
        let expected = if !works { ConnectionState::Stopped } else { ConnectionState::Live };
        assert_eq!(world.connection(), expected, "{}", story());
        assert_eq!(world.connections().last().copied().unwrap_or(ConnectionState::Stopped), expected);
        // No row is lost, none is doubled.
        for (id, rows) in &self.followed {
            let truth: Vec<&Value> = world.server.rows.get(id).into_iter().collect();
            assert_eq!(world.rows(*rows), json!(truth), "row {id}\n{}", story());
        }
        let known: Vec<Value> = (1..=200).flat_map(|id| self.rows_of(RowsId(id))).collect();
        for which in &self.stories {
            let id = row_id(which + 4);
            let shown: Vec<&Value> = known.iter().filter(|row| row["id"] == id).collect();
            let truth: Vec<&Value> = world.server.rows.get(&id).into_iter().collect();
            assert_eq!(shown, truth, "story {id}\n{}", story());
        }
        for which in &self.wanted {
            let joined = world.server.joined.iter().find(|joined| joined.topic == format!("realtime:room:{which}"));
            let shown = joined.unwrap().presence.as_ref().map(|(_, meta)| meta["n"].clone());
            assert_eq!(shown, self.tracked.get(which).map(|n| json!(n)), "presence of room {which}\n{}", story());
        }
        self.check_events();
    }

    fn rows_of(&self, rows: RowsId) -> Vec<Value> {
        self.world.rows(rows).as_array().unwrap().clone()
    }

    /// Whoever only listens has the same rows, and never saw a versioned row go back.
    fn check_events(&self) {
        let world = &self.world;
        let mut heard: BTreeMap<u32, BTreeMap<String, Value>> = BTreeMap::new();
        for (_, notice) in &world.notices {
            match notice {
                Notice::Rows(rows, RowsEvent::Put(key, text)) => {
                    let row: Value = serde_json::from_str(text).unwrap();
                    let old = heard.entry(rows.0).or_default().insert(key.clone(), row.clone());
                    if let (Some(old), true) = (old, row.get("updated_at").is_some()) {
                        let newer = row["n"].as_u64() >= old["n"].as_u64();
                        assert!(newer, "old over new: {old} {row}\n{}", world.story());
                    }
                }
                Notice::Rows(rows, RowsEvent::Gone(key)) => {
                    let gone = heard.entry(rows.0).or_default().remove(key);
                    assert!(gone.is_some(), "gone twice\n{}", world.story());
                }
                _ => {}
            }
        }
        for rows in self.followed.values() {
            let heard: Vec<Value> = heard.remove(&rows.0).unwrap_or_default().into_values().collect();
            assert_eq!(json!(heard), world.rows(*rows));
        }
        let states = world.connections();
        assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "one notice for each change: {states:?}");
    }

    /// Closes the client and checks that it rests and owes nobody an answer.
    pub fn close(&mut self) {
        self.world.act(Client::close);
        assert_eq!(self.world.deadline(), None);
        for push in &self.pushes {
            let outcomes = self.world.settled.get(push).map_or(0, Vec::len);
            assert_eq!(outcomes, 1, "push {push} was settled {outcomes} times\n{}", self.world.story());
        }
        assert_eq!(self.world.settled.len(), self.pushes.len());
        let (sockets, reads) = (self.world.sockets.len(), self.world.reads.len());
        for event in [PageEvent::Frozen, PageEvent::Resumed, PageEvent::Online, PageEvent::Visible] {
            self.world.page(event);
        }
        self.world.pass(1_000_000);
        assert_eq!((self.world.sockets.len(), self.world.reads.len()), (sockets, reads));
    }

    /// The whole: what happened, then the healing, the time that the laws allow, and the checks.
    pub fn run(seed: u64, asks: bool, actions: &[Action]) {
        let mut history = History::new(seed, asks);
        for action in actions {
            history.act(action);
        }
        history.heal();
        history.world.pass(BOUND);
        if history.silent_loss {
            // What the server lost without a word is found by the read that follows a long silence.
            history.world.pass(SILENCE);
        }
        history.check();
        history.close();
    }
}

/// Law 7: one heartbeat round, one push timeout and two backoff caps.
const BOUND: u64 = 105_000;
/// The cap of the reads into silence, and the time for one.
const SILENCE: u64 = 610_000;
