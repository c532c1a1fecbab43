//! One socket: its task, its channels, and who gets which frame.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use super::changes;
use super::channel::Channel;
use super::frame::{Incoming, Outgoing, Vsn, decode_binary, decode_text, encode};
use super::hub::{Inbox, Order, SocketId, message};
use super::reply;
use crate::app::Shared;

/// Why the task ends.
pub enum End {
    /// A close frame with this code.
    Close(u16, String),
    /// No close frame: the client sees 1006.
    Abrupt,
    /// The client has gone.
    Gone,
}

pub struct Socket {
    pub(super) id: SocketId,
    pub(super) server: Shared,
    pub(super) inbox: UnboundedSender<Inbox>,
    pub(super) channels: BTreeMap<String, Channel>,
    /// The JWT that came as `apikey`; `None` for a publishable key.
    pub(super) key_token: Option<String>,
    pub(super) vsn: Vsn,
    web: WebSocket,
    heard: Instant,
    stalled: Option<Stall>,
}

struct Stall {
    until: Instant,
    deaf: bool,
}

/// Counts a socket as open, from its accepted handshake to its end.
pub struct Open(Shared);

impl Open {
    pub fn new(server: Shared) -> Self {
        server.counters.open_socket();
        Self(server)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.close_socket();
    }
}

/// Serves one socket until it ends.
pub async fn run(open: Open, web: WebSocket, vsn: Vsn, key_token: Option<String>) {
    let server = open.0.clone();
    let (inbox, mail) = unbounded_channel();
    let id = server.hub.fresh();
    server.hub.add_socket(id, inbox.clone());
    let stalled = server.faults().stall_for_new_socket().map(Stall::from);
    let channels = BTreeMap::new();
    let mut socket = Socket { id, server, inbox, channels, key_token, vsn, web, heard: Instant::now(), stalled };
    // A server that began to stop before this socket was in the hub could not tell it.
    let end = if socket.server.is_stopping() { End::Close(1012, String::new()) } else { socket.serve(mail).await };
    socket.server.hub.remove_socket(id);
    for channel in std::mem::take(&mut socket.channels).values() {
        socket.leave_room(channel);
    }
    if let End::Close(code, reason) = end {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.web.send(Message::Close(Some(frame))).await.is_ok() {
            // The client answers a close with a close; without waiting it may see a reset instead of the code.
            let farewell = async { while let Some(Ok(_)) = socket.web.recv().await {} };
            let _ = timeout(Duration::from_secs(1), farewell).await;
        }
    }
    // Last, because a server that stops waits for this.
    drop(open);
}

impl From<(bool, Duration)> for Stall {
    fn from((deaf, length): (bool, Duration)) -> Self {
        Self { until: Instant::now() + length, deaf }
    }
}

impl Socket {
    async fn serve(&mut self, mut mail: UnboundedReceiver<Inbox>) -> End {
        loop {
            let stalled = self.stalled.as_ref().map(|stall| (stall.until, stall.deaf));
            let deadline = self.deadline();
            let step = tokio::select! {
                biased;
                () = sleep_until(stalled.map_or(deadline, |(until, _)| until.min(deadline))) => self.handle_timeout().await,
                item = mail.recv() => match item {
                    Some(item) => self.handle_mail(item).await,
                    None => Err(End::Gone),
                },
                frame = self.web.recv(), if stalled.is_none_or(|(_, deaf)| !deaf) => match frame {
                    Some(Ok(frame)) => self.handle_frame(frame).await,
                    Some(Err(_)) => Err(End::Abrupt),
                    None => Err(End::Gone),
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends a frame now, unless the socket is mute.
    pub(super) async fn send(&mut self, frame: Outgoing) -> Result<(), End> {
        if self.stalled.is_some() {
            return Ok(());
        }
        let copies = self.server.faults().copies_of_frame();
        for _ in 0..copies {
            let Some(encoded) = encode(self.vsn, &frame) else { return Ok(()) };
            self.server.counters.count_sent();
            self.web.send(encoded).await.map_err(|_| End::Gone)?;
        }
        Ok(())
    }

    /// Takes the channel's member out of its room and tells the others.
    pub(super) fn leave_room(&self, channel: &Channel) {
        self.server.hub.room(&channel.key, |room| {
            room.members.remove(&channel.member);
            if let Some(diff) = room.presences.untrack(channel.member) {
                room.send(None, None, &message(Value::Null, &channel.topic, "presence_diff", diff));
            }
        });
    }

    /// Ends a channel from the server's side: `system` error, then `phx_close`.
    pub(super) async fn shut_down(&mut self, topic: &str, text: &str) -> Result<(), End> {
        let Some(channel) = self.channels.remove(topic) else { return Ok(()) };
        self.send(reply::system(&channel.join_ref, topic, "system", "error", text)).await?;
        self.send(reply::close(&channel.join_ref, topic)).await?;
        self.leave_room(&channel);
        Ok(())
    }

    fn deadline(&self) -> Instant {
        let idle = self.heard + self.server.knobs().idle;
        self.channels.values().filter_map(Channel::deadline).fold(idle, Instant::min)
    }

    async fn handle_timeout(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.stalled.as_ref().is_some_and(|stall| stall.until <= now) {
            self.stalled = None;
        }
        if self.heard + self.server.knobs().idle <= now {
            return Err(End::Close(1000, String::new()));
        }
        let is_due = |channel: &&Channel| channel.deadline().is_some_and(|at| at <= now);
        let due: Vec<_> = self.channels.values().filter(is_due).map(|channel| channel.topic.clone()).collect();
        for topic in due {
            let expired = self.channels.get(&topic).and_then(|channel| channel.expires).is_some_and(|at| at <= now);
            if expired {
                self.shut_down(&topic, "Token has expired 0 seconds ago").await?;
            } else {
                self.subscribe(&topic).await?;
            }
        }
        Ok(())
    }

    /// Answers the bindings of a channel: changes flow from here on, or one bad binding stops them all.
    async fn subscribe(&mut self, topic: &str) -> Result<(), End> {
        let Some(channel) = self.channels.get_mut(topic) else { return Ok(()) };
        channel.subscribing.due = None;
        let fault = self.server.faults().subscribed_for(&channel.key.name);
        if fault.as_ref().is_some_and(|fault| fault.silent) {
            return Ok(());
        }
        let compiled = channel.subscribing.bindings.iter().map(|binding| binding.compile(&self.server.db));
        let outcome = match fault.and_then(|fault| fault.error) {
            Some(error) => Err(error),
            None => compiled.collect::<Result<Vec<_>, _>>(),
        };
        let join_ref = channel.join_ref.clone();
        match outcome {
            Ok(active) => {
                channel.subscribing.active = active;
                let text = "Subscribed to PostgreSQL";
                self.send(reply::system(&join_ref, topic, "postgres_changes", "ok", text)).await
            }
            Err(text) => {
                channel.subscribing.active.clear();
                self.send(reply::system(&join_ref, topic, "postgres_changes", "error", &text)).await
            }
        }
    }

    async fn handle_mail(&mut self, item: Inbox) -> Result<(), End> {
        match item {
            Inbox::Frame(member, frame) => {
                if self.channels.values().any(|channel| channel.member == member) {
                    self.send(frame).await?;
                }
                Ok(())
            }
            Inbox::Room { member, id, frame } => {
                let channel = self.channels.values().find(|channel| channel.member == member);
                let shown = channel.is_some_and(|channel| {
                    let is_diff = matches!(&frame, Outgoing::Message { event: "presence_diff", .. });
                    let is_new = id.as_ref().is_none_or(|id| !channel.replayed.contains(id));
                    is_new && (!is_diff || channel.sees_presence())
                });
                if shown { self.send(frame).await } else { Ok(()) }
            }
            Inbox::Change(change) => {
                let knobs = self.server.knobs();
                let refused = self.server.faults().change_error();
                let mut frames = Vec::new();
                for channel in self.channels.values() {
                    let mut wanted: Vec<_> =
                        channel.subscribing.active.iter().filter(|binding| binding.wants(&change)).collect();
                    // One frame for all bindings that select the same columns.
                    while let Some(first) = wanted.first() {
                        let select = first.select.clone();
                        let ids: Vec<_> = wanted
                            .iter()
                            .filter(|binding| binding.select == select)
                            .map(|binding| binding.id)
                            .collect();
                        wanted.retain(|binding| binding.select != select);
                        let data = changes::data(&change, select.as_deref(), knobs.row_bytes, refused.as_deref());
                        frames.push(if channel.options.old_api {
                            message(Value::Null, &channel.topic, change.kind.wire_name(), data)
                        } else {
                            let payload = json!({ "ids": ids, "data": data });
                            message(Value::Null, &channel.topic, "postgres_changes", payload)
                        });
                    }
                }
                for frame in frames {
                    self.server.counters.count_change();
                    self.send(frame).await?;
                }
                Ok(())
            }
            Inbox::LateJoin(incoming) => self.handle_join(incoming, true).await,
            Inbox::Order(order) => self.handle_order(order).await,
        }
    }

    async fn handle_order(&mut self, order: Order) -> Result<(), End> {
        match order {
            Order::Cut { code: Some(code), reason } => Err(End::Close(code, reason)),
            Order::Cut { code: None, .. } => Err(End::Abrupt),
            Order::Disconnect => {
                for topic in self.channels.keys().cloned().collect::<Vec<_>>() {
                    self.send(reply::disconnect(&topic)).await?;
                }
                Err(End::Close(1012, String::new()))
            }
            Order::Stall { deaf, millis } => {
                self.stalled = Some(Stall::from((deaf, Duration::from_millis(millis))));
                Ok(())
            }
            Order::Expire { topic } => {
                for topic in self.topics(topic.as_deref()) {
                    self.shut_down(&topic, "Token has expired 0 seconds ago").await?;
                }
                Ok(())
            }
            Order::System { topic, extension, status, message, close } => {
                for topic in self.topics(topic.as_deref()) {
                    let join_ref =
                        self.channels.get(&topic).map(|channel| channel.join_ref.clone()).unwrap_or_default();
                    self.send(reply::system(&join_ref, &topic, &extension, &status, &message)).await?;
                    if close && let Some(channel) = self.channels.remove(&topic) {
                        self.send(reply::close(&join_ref, &topic)).await?;
                        self.leave_room(&channel);
                    }
                }
                Ok(())
            }
            Order::Crash { topic } => {
                for topic in self.topics(topic.as_deref()) {
                    self.crash(&topic).await?;
                }
                Ok(())
            }
            Order::Text(text) => self.send(Outgoing::Text(text)).await,
            Order::Wake => Ok(()),
        }
    }

    /// The joined topics whose name is `name`, or all.
    fn topics(&self, name: Option<&str>) -> Vec<String> {
        let named = |channel: &&Channel| name.is_none_or(|name| channel.key.name == name || channel.topic == name);
        self.channels.values().filter(named).map(|channel| channel.topic.clone()).collect()
    }

    /// The channel's process has died: `phx_error`, and the topic is unmatched from now on.
    pub(super) async fn crash(&mut self, topic: &str) -> Result<(), End> {
        let Some(channel) = self.channels.remove(topic) else { return Ok(()) };
        self.leave_room(&channel);
        self.send(reply::crash(&channel.join_ref, topic)).await
    }

    async fn handle_frame(&mut self, frame: Message) -> Result<(), End> {
        self.heard = Instant::now();
        self.server.counters.count_received();
        let incoming = match &frame {
            Message::Text(text) => decode_text(self.vsn, text),
            Message::Binary(bytes) if self.vsn == Vsn::V2 => decode_binary(bytes),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => None,
            Message::Close(_) => return Err(End::Gone),
        };
        match incoming {
            // Malformed frames get silence, and so does everything while the socket is mute.
            None => Ok(()),
            Some(_) if self.stalled.is_some() => Ok(()),
            Some(incoming) => self.handle_incoming(incoming).await,
        }
    }

    async fn handle_incoming(&mut self, incoming: Incoming) -> Result<(), End> {
        let Incoming { join_ref, r#ref, topic, event, .. } = &incoming;
        if topic == "phoenix" && event == "heartbeat" {
            return self.send(reply::ok(join_ref.clone(), r#ref.clone(), "phoenix")).await;
        }
        if event == "phx_join" {
            return self.handle_join(incoming, false).await;
        }
        let Some(channel) = self.channels.get(topic) else {
            let answer = if event == "phx_leave" {
                reply::ok(join_ref.clone(), r#ref.clone(), topic)
            } else {
                reply::unmatched(r#ref.clone(), topic)
            };
            return self.send(answer).await;
        };
        // A push of an earlier join is dropped without a word.
        if !join_ref.is_null() && *join_ref != channel.join_ref {
            return Ok(());
        }
        let topic = topic.clone();
        match event.as_str() {
            "phx_leave" => self.handle_leave(&topic, incoming.r#ref).await,
            "broadcast" => self.handle_broadcast(&topic, incoming).await,
            "presence" => self.handle_presence(&topic, incoming).await,
            "access_token" => self.handle_access_token(&topic, incoming).await,
            _ => Ok(()),
        }
    }
}
