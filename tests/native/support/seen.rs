//! What can be seen of a world.

use serde_json::Value;
use storywire::core::Deadline;
use storywire::core::base::Json;
use storywire::core::effect::{ConnectionState, Failure, Notice, Outcome, PresenceEvent, RowsEvent, Status};
use storywire::core::error::Fault;
use storywire::core::ids::{ChannelId, RowsId};

use super::world::World;

impl World {
    pub fn last_status(&self, channel: ChannelId) -> Option<Status> {
        self.statuses(channel).last().copied()
    }

    pub fn statuses(&self, channel: ChannelId) -> Vec<Status> {
        let statuses = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Status(of, status) if *of == channel => Some(*status),
            _ => None,
        });
        statuses.collect()
    }

    pub fn failures(&self) -> Vec<&Failure> {
        let failures = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Fault(failure) => Some(failure),
            _ => None,
        });
        failures.collect()
    }

    pub fn rows_events(&self, rows: RowsId) -> Vec<&RowsEvent> {
        let events = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Rows(of, event) if *of == rows => Some(event),
            _ => None,
        });
        events.collect()
    }

    pub fn changes(&self, channel: ChannelId) -> Vec<(Vec<u32>, Value)> {
        let changes = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Change(of, keys, data) if *of == channel => {
                Some((keys.clone(), serde_json::from_str(data).unwrap()))
            }
            _ => None,
        });
        changes.collect()
    }

    /// The rows as the client has them.
    pub fn rows(&self, rows: RowsId) -> Value {
        let text = self.client.rows(rows);
        assert!(Json::parse(&text).is_some());
        serde_json::from_str(&text).unwrap()
    }

    pub fn connection(&self) -> ConnectionState {
        self.client.connection()
    }

    pub fn deadline(&self) -> Option<Deadline> {
        self.client.next_timeout()
    }

    /// What a push was settled with.
    pub fn outcome(&self, push: u32) -> Option<&Outcome> {
        self.settled.get(&push).and_then(|outcomes| outcomes.first())
    }

    pub fn faults(&self) -> Vec<Fault> {
        self.failures().iter().map(|failure| failure.fault).collect()
    }

    /// The times of the frames of one kind that reached the server, counted from the start of the world.
    pub fn sent(&self, event: &str) -> Vec<u64> {
        let frames = self.server.received.iter().filter(|(_, _, frame)| frame[3] == event);
        frames.map(|(at, _, _)| at - super::world::START).collect()
    }

    /// The states that the page was told, in their order.
    pub fn connections(&self) -> Vec<ConnectionState> {
        let states = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Connection(state) => Some(*state),
            _ => None,
        });
        states.collect()
    }

    pub fn presence_events(&self, channel: ChannelId) -> Vec<&PresenceEvent> {
        let events = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Presence(of, event) if *of == channel => Some(event),
            _ => None,
        });
        events.collect()
    }

    pub fn broadcasts(&self, channel: ChannelId) -> Vec<(&str, &str)> {
        let broadcasts = self.notices.iter().filter_map(|(_, notice)| match notice {
            Notice::Broadcast(of, event, payload, _) if *of == channel => Some((event.as_str(), payload.as_str())),
            _ => None,
        });
        broadcasts.collect()
    }

    /// How often the page was told that rows are live, and with which word on continuity.
    pub fn lives(&self, rows: RowsId) -> Vec<bool> {
        let lives = self.rows_events(rows).into_iter().filter_map(|event| match event {
            RowsEvent::Live(unbroken) => Some(*unbroken),
            RowsEvent::Put(..) | RowsEvent::Gone(_) | RowsEvent::Stale | RowsEvent::Read => None,
        });
        lives.collect()
    }
}
