//! Who listens where: sockets, rooms of channels, and the messages kept for replay.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::frame::{Encoding, Incoming, Outgoing};
use super::presence::Presences;
use crate::db::Change;

pub type SocketId = u64;
pub type MemberId = u64;

/// At most this many messages are kept for replay, all topics together.
const KEPT_MESSAGES: usize = 1000;

/// What reaches a socket's task from elsewhere.
#[derive(Debug)]
pub enum Inbox {
    /// A frame for one channel; dropped when that member has gone.
    Frame(MemberId, Outgoing),
    /// A message of a room. `id` is set for messages from the database, which a replay may already have shown.
    Room {
        member: MemberId,
        id: Option<String>,
        frame: Outgoing,
    },
    Change(Arc<Change>),
    /// A join whose artificial delay is over.
    LateJoin(Incoming),
    Order(Order),
}

/// What the control endpoints ask of sockets. `topic` without `realtime:`; `None` means every channel.
#[derive(Clone, Debug)]
pub enum Order {
    /// Ends the socket: with a close frame, or without one when the code is `None`.
    Cut { code: Option<u16>, reason: String },
    /// "Server requested disconnect", then 1012.
    Disconnect,
    /// Stops answering (`deaf`: and reading) for this long.
    Stall { deaf: bool, millis: u64 },
    /// The tokens of these channels have just expired.
    Expire { topic: Option<String> },
    /// A `system` message, followed by `phx_close` when `close` is set.
    System { topic: Option<String>, extension: String, status: String, message: String, close: bool },
    /// `phx_error` as after a crash of the channel's process.
    Crash { topic: Option<String> },
    /// These bytes as a text frame.
    Text(String),
    /// Nothing, but deadlines are reckoned again.
    Wake,
}

/// A topic of public or of private channels: two rooms of the same name do not hear each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomKey {
    pub name: String,
    pub private: bool,
}

#[derive(Default)]
pub struct Room {
    pub members: BTreeMap<MemberId, UnboundedSender<Inbox>>,
    pub presences: Presences,
}

impl Room {
    /// Sends to every member but `except`.
    pub fn send(&self, except: Option<MemberId>, id: Option<&str>, frame: &Outgoing) {
        for (member, inbox) in self.members.iter().filter(|(member, _)| Some(**member) != except) {
            let id = id.map(str::to_owned);
            // A closed inbox belongs to a socket that is just leaving.
            let _ = inbox.send(Inbox::Room { member: *member, id, frame: frame.clone() });
        }
    }
}

/// A message sent by the database, as `realtime.messages` keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: String,
    pub key: RoomKey,
    pub event: String,
    pub encoding: Encoding,
    pub bytes: Bytes,
    pub inserted: Timestamp,
}

#[derive(Default)]
pub struct Hub {
    next: AtomicU64,
    sockets: Mutex<HashMap<SocketId, UnboundedSender<Inbox>>>,
    /// Sockets that have joined something: the connected users of the limit.
    users: Mutex<HashSet<SocketId>>,
    rooms: Mutex<HashMap<RoomKey, Room>>,
    kept: Mutex<VecDeque<Kept>>,
}

impl Hub {
    /// A number that no other socket or member has.
    pub fn fresh(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn add_socket(&self, id: SocketId, inbox: UnboundedSender<Inbox>) {
        lock(&self.sockets).insert(id, inbox);
    }

    pub fn remove_socket(&self, id: SocketId) {
        lock(&self.sockets).remove(&id);
        lock(&self.users).remove(&id);
    }

    pub fn add_user(&self, id: SocketId) {
        lock(&self.users).insert(id);
    }

    /// Whether one more user than `limit` would be connected with `id`; a socket that has not joined yet has no id here.
    pub fn users_over(&self, limit: Option<usize>, id: Option<SocketId>) -> bool {
        let users = lock(&self.users);
        let counted = id.is_some_and(|id| users.contains(&id));
        limit.is_some_and(|limit| !counted && users.len() >= limit)
    }

    pub fn channels(&self) -> usize {
        lock(&self.rooms).values().map(|room| room.members.len()).sum()
    }

    pub fn order_all(&self, order: &Order) -> usize {
        let sockets = lock(&self.sockets);
        sockets.values().filter(|inbox| inbox.send(Inbox::Order(order.clone())).is_ok()).count()
    }

    pub fn tell_change(&self, change: &Arc<Change>) {
        for inbox in lock(&self.sockets).values() {
            let _ = inbox.send(Inbox::Change(change.clone()));
        }
    }

    /// Works on a room, which begins to exist when needed and ends with its last member.
    pub fn room<T>(&self, key: &RoomKey, work: impl FnOnce(&mut Room) -> T) -> T {
        let mut rooms = lock(&self.rooms);
        let room = rooms.entry(key.clone()).or_default();
        let result = work(room);
        if room.members.is_empty() {
            rooms.remove(key);
        }
        result
    }

    pub fn keep(&self, message: Kept) {
        let mut kept = lock(&self.kept);
        kept.push_back(message);
        if kept.len() > KEPT_MESSAGES {
            kept.pop_front();
        }
    }

    /// The newest `limit` messages of a room since a moment in milliseconds, oldest first.
    pub fn kept_since(&self, key: &RoomKey, since: i64, limit: usize) -> Vec<Kept> {
        let kept = lock(&self.kept);
        let matching = kept.iter().filter(|message| message.key == *key && message.inserted.as_millisecond() >= since);
        let mut newest: Vec<_> = matching.rev().take(limit).cloned().collect();
        newest.reverse();
        newest
    }

    pub fn forget_messages(&self) {
        lock(&self.kept).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A frame of a channel without a ref.
pub fn message(join_ref: Value, topic: &str, event: &'static str, payload: Value) -> Outgoing {
    Outgoing::Message { join_ref, r#ref: Value::Null, topic: topic.to_owned(), event, payload }
}
