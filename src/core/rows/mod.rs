//! Followed rows: read, then kept current by changes, and read again after every gap.
//!
//! A set is *live* when the server has said that changes flow and the rows have been read after that. What comes while a
//! read is under way is held back and merged by primary key and version, so that old never shows over new.

mod merge;
mod read;

use std::borrow::Cow;

use super::WHOLE;
use super::base::{Backoff, Instant, Json, Millis, Timestamp, cut, join};
use super::config::Config;
use super::effect::{About, Effect, Failure, RowsEvent};
use super::error::Fault;
use super::ids::{ChannelId, RequestId, RowsId};
use super::realtime::{Ctx, Followed, split_outside};
use super::{Deadline, Why};

use merge::{Change, Entry};
pub(crate) use read::Batch;

/// Changes held back while a read is under way; past that the read is made again instead.
const HELD_LIMIT: usize = 200;

/// What to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsQuery {
    /// The schema; `public` unless the project says otherwise.
    pub schema: String,
    /// The table.
    pub table: String,
    /// `column=operator.value`, as for `postgres_changes` and as PostgREST reads it; `None` for every row.
    pub filter: Option<String>,
    /// The columns to read, as PostgREST's `select`; `*` for all. The key's is added where it is missing.
    pub select: String,
    /// The primary key's column.
    pub key: String,
    /// One row is expected: its absence is told.
    pub single: bool,
    /// The order in which they are read, as PostgREST's `order`; empty for none.
    pub order: String,
    /// The most rows that one read brings; what it leaves out counts as gone. `None` for all.
    pub limit: Option<u32>,
}

impl RowsQuery {
    /// Sees to it that the key is read, without which no row can be told from another.
    pub(crate) fn select_key(&mut self) {
        let names_key = |column: &&str| {
            let rest = column.trim_ascii().strip_prefix(self.key.as_str());
            *column == "*" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        if WHOLE && !split_outside(&self.select, b',').iter().any(names_key) {
            self.select = join(&[&self.key, ",", &self.select]);
        }
    }
}

/// One followed set of rows.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) id: RowsId,
    pub(crate) channel: ChannelId,
    pub(crate) query: RowsQuery,
    /// Whether changes carry what is read; otherwise, as with embedded tables, a change only says that it is time to read.
    plain: bool,
    entries: Vec<Entry>,
    /// Changes that came since the read now under way was sent.
    held: Vec<String>,
    reading: Reading,
    /// Something came meanwhile that only another read can show.
    again: bool,
    /// It found nothing in a read together with others, and is read by itself from then on.
    alone: bool,
    backoff: Backoff,
    /// The server says that changes flow.
    flowing: bool,
    /// It was read since then.
    live: bool,
    /// It was read at all.
    known: bool,
    /// A read has found something new since the page was last told that it is live.
    missed: bool,
    /// The last that was heard of its channel is a failure: it is read at intervals.
    failing: bool,
    /// The server will never send changes for it: that is all there is.
    unfollowed: bool,
    /// When it is read although nothing came, and how long that wait was.
    quiet: Option<Instant>,
    quiet_wait: Millis,
    /// Silence is worth a read: what is shown can still change.
    pub(crate) restless: bool,
    poll_wait: Millis,
    /// A new token was asked for because of a refused read.
    refreshed: bool,
    /// Its absence has been told.
    missing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// None is needed.
    No,
    /// To be asked for from then on.
    Wanted { at: Instant },
    /// Under way.
    Sent { request: RequestId },
    /// Refused for good.
    Refused,
}

/// All followed sets and the reads under way.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// In the order of their ids.
    sets: Vec<Set>,
    batches: Vec<Batch>,
    /// How many sets a read may be for, where one for more was refused because of one of them.
    most: Option<usize>,
    last_request: u32,
    /// What the owners of the sets are to be told, oldest first.
    pub(crate) news: Vec<(RowsId, News)>,
}

/// What a set's owner is told.
#[derive(Debug)]
pub(crate) enum News {
    /// A row is new, or another one: its key, the row as JSON, its version.
    Put(String, String, Option<Timestamp>),
    Event(RowsEvent),
    Failed(Failure),
}

impl Rows {
    pub(crate) fn open(&mut self, now: Instant, config: &Config, id: RowsId, channel: ChannelId, query: RowsQuery) {
        self.sets.push(Set {
            id,
            channel,
            plain: columns_of(&query.select).is_some(),
            // A limit is one set's own: a read for several cannot keep it.
            alone: query.limit.is_some(),
            query,
            entries: Vec::new(),
            held: Vec::new(),
            again: false,
            // The first read does not wait for the socket: the page shows something sooner.
            reading: Reading::Wanted { at: now },
            backoff: Backoff::new(config.backoff_base, config.backoff_cap),
            flowing: false,
            live: false,
            known: false,
            missed: false,
            failing: false,
            unfollowed: false,
            quiet: None,
            quiet_wait: config.quiet_interval,
            restless: true,
            poll_wait: config.poll_interval,
            refreshed: false,
            missing: false,
        });
    }

    /// Forgets a set; the channel that it had is returned, to be removed.
    pub(crate) fn close(&mut self, ctx: &mut Ctx, id: RowsId) -> Option<ChannelId> {
        let at = self.sets.iter().position(|set| set.id == id)?;
        let set = self.sets.remove(at);
        for batch in &mut self.batches {
            batch.sets.retain(|of| *of != id);
        }
        self.abort_empty(ctx);
        Some(set.channel)
    }

    /// Whether every set is live.
    pub(crate) fn is_live(&self) -> bool {
        self.sets.iter().all(|set| set.live || set.reading == Reading::Refused)
    }

    /// Whether none of them may be read.
    pub(crate) fn is_refused(&self) -> bool {
        self.sets.iter().all(|set| set.reading == Reading::Refused)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Whether polling is all there is for those that are not live.
    pub(crate) fn is_unfollowed(&self) -> bool {
        self.sets.iter().all(|set| set.live || set.unfollowed || set.reading == Reading::Refused)
    }

    /// Forgets everything: the client is closed.
    pub(crate) fn stop(&mut self, ctx: &mut Ctx) {
        self.sets.clear();
        self.abort_empty(ctx);
        self.news.clear();
    }

    pub(crate) fn set(&self, id: RowsId) -> Option<&Set> {
        self.sets.get(self.place_of(id)?)
    }

    pub(crate) fn set_mut(&mut self, id: RowsId) -> Option<&mut Set> {
        let at = self.place_of(id)?;
        self.sets.get_mut(at)
    }

    fn place_of(&self, id: RowsId) -> Option<usize> {
        self.sets.binary_search_by_key(&id, |set| set.id).ok()
    }

    /// Reads again what was refused: there is a new token.
    pub(crate) fn forgive(&mut self, now: Instant) {
        for set in self.sets.iter_mut().filter(|set| set.reading == Reading::Refused) {
            set.reading = Reading::Wanted { at: now };
        }
    }

    /// The page has come back to life without a socket: what is shown may be old. A read that it slept through did not fail,
    /// and is made again.
    pub(crate) fn wake(&mut self, ctx: &mut Ctx) {
        let now = ctx.now;
        for batch in self.batches.iter().filter(|batch| batch.until <= now) {
            for set in self.sets.iter_mut().filter(|set| set.reading == (Reading::Sent { request: batch.request })) {
                set.reading = Reading::Wanted { at: now };
            }
        }
        self.abort_empty(ctx);
        for set in self.sets.iter_mut().filter(|set| !set.live) {
            if let Reading::Wanted { at } = &mut set.reading {
                *at = now;
            } else if set.reading == Reading::No {
                set.reading = Reading::Wanted { at: now };
            }
            set.backoff.reset();
        }
    }

    /// Takes what happened to a channel. `true`: nothing comes due sooner through it.
    pub(crate) fn handle_followed(&mut self, ctx: &mut Ctx, id: RowsId, what: Followed) -> bool {
        let Some(at) = self.place_of(id) else { return true };
        let Some(set) = self.sets.get_mut(at) else { return true };
        match what {
            Followed::Flowing => {
                // What was asked for before changes flowed may miss one that came between: it is asked for again.
                set.flowing = true;
                set.failing = false;
                set.unfollowed = false;
                set.live = false;
                // The last of many that join takes the others along; one alone is read at once.
                let is_last = self.sets.iter().all(|set| set.flowing || set.failing || set.alone);
                if let Some(set) = self.sets.get_mut(at) {
                    set.want_read(if is_last { ctx.now } else { ctx.now + read::GATHER });
                }
                self.take_held(at);
                self.abort_empty(ctx);
            }
            Followed::Lost => {
                if set.live {
                    self.news.push((id, News::Event(RowsEvent::Stale)));
                }
                set.flowing = false;
                set.live = false;
                set.quiet = None;
                set.poll_wait = ctx.config.poll_interval;
            }
            Followed::Failed(failure) => {
                set.failing = true;
                set.unfollowed = failure.retry_in.is_none();
                if set.reading == Reading::No {
                    set.reading = Reading::Wanted { at: ctx.now + ctx.config.poll_after };
                }
                self.news.push((id, News::Failed(failure)));
            }
            Followed::Change(data) => return self.handle_change(ctx, at, data),
        }
        false
    }

    fn handle_change(&mut self, ctx: &mut Ctx, at: usize, data: String) -> bool {
        let Some(set) = self.sets.get_mut(at) else { return true };
        let change = Change::read(Json::known(&data));
        set.rest(ctx);
        let sent = matches!(set.reading, Reading::Sent { .. });
        let lacks = change.cut && (!change.gone || set.key_of(&change).is_none());
        if lacks || !change.gone && !set.plain {
            // What is there is not all of the row: a read shows the rest, and another one if this one is too early.
            set.again = sent;
            if !sent {
                set.want_read(ctx.now);
            }
            return false;
        }
        if sent && set.held.len() == HELD_LIMIT {
            self.take_held(at);
            self.refetch(ctx, at);
        }
        let Some(set) = self.sets.get_mut(at) else { return true };
        // A row without a version cannot be ordered against the read that is under way.
        if change.gone || !sent || change.has_version() {
            set.apply_change(&change, &mut self.news);
        }
        if sent {
            set.held.push(data);
        }
        !sent
    }

    /// No read will come that these changes have to wait for: they are taken as they are.
    fn take_held(&mut self, at: usize) {
        let Some(set) = self.sets.get_mut(at) else { return };
        for data in core::mem::take(&mut set.held) {
            set.apply_change(&Change::read(Json::known(&data)), &mut self.news);
        }
    }

    /// Gives up the read under way for a new one.
    fn refetch(&mut self, ctx: &mut Ctx, at: usize) {
        if let Some(set) = self.sets.get_mut(at) {
            set.want_read(ctx.now);
        }
        self.abort_empty(ctx);
    }

    pub(crate) fn next_deadline(&self) -> Option<Deadline> {
        let mut first = None;
        for set in &self.sets {
            match (set.reading, set.quiet) {
                (Reading::Wanted { at }, _) => Deadline::note(&mut first, at, Why::Read),
                (Reading::No, Some(at)) if set.restless => Deadline::note(&mut first, at, Why::Quiet),
                (Reading::No | Reading::Sent { .. } | Reading::Refused, _) => {}
            }
        }
        for batch in &self.batches {
            Deadline::note(&mut first, batch.until, Why::ReadTimeout);
        }
        first
    }
}

impl Set {
    fn want_read(&mut self, now: Instant) {
        if self.reading != Reading::Refused {
            self.reading = Reading::Wanted { at: now };
        }
    }

    /// The column and the value of a filter `column=eq.value`.
    fn equal_to(&self) -> Option<(&str, &str)> {
        let (column, rest) = cut(self.query.filter.as_deref()?, b'=')?;
        rest.strip_prefix("eq.").map(|value| (column, value))
    }

    /// Something came: silence begins anew.
    fn rest(&mut self, ctx: &Ctx) {
        self.quiet_wait = ctx.config.quiet_interval;
        if self.live {
            self.quiet = Some(ctx.now + self.quiet_wait);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The current rows as JSON: an array in the order in which they were first seen.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::from("[");
        for entry in &self.entries {
            super::base::json_write::push_comma(&mut out);
            out.push_str(&entry.text);
        }
        out.push(']');
        out
    }

    fn failure(&self, fault: Fault, detail: &str, retry_in: Option<Millis>) -> (RowsId, News) {
        let about = About::Rows(self.id);
        (self.id, News::Failed(Failure { about, fault, detail: detail.to_owned(), retry_in }))
    }
}

/// The columns that `select` names: empty for all; `None` if it names more than columns (other tables, casts, new names).
pub(crate) fn columns_of(select: &str) -> Option<Vec<String>> {
    // The rows of stories are read whole.
    if !WHOLE || select == "*" {
        return Some(Vec::new());
    }
    let mut columns = Vec::new();
    for column in select.as_bytes().split(|byte| *byte == b',') {
        let column = core::str::from_utf8(column).ok()?.trim_ascii();
        if column.is_empty() || !column.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
            return None;
        }
        columns.push(column.to_owned());
    }
    Some(columns)
}

/// A value as it is compared and shown as a key: a string without its quotes, anything else as it stands.
pub(crate) fn key_text(value: Json<'_>) -> Cow<'_, str> {
    value.as_str().unwrap_or(Cow::Borrowed(value.text()))
}

impl Rows {
    /// Gives up the reads that nobody waits for any more.
    fn abort_empty(&mut self, ctx: &mut Ctx) {
        let sets = &self.sets;
        self.batches.retain(|batch| {
            let awaited = sets.iter().any(|set| set.reading == Reading::Sent { request: batch.request });
            if !awaited {
                ctx.push(Effect::AbortRead(batch.request));
            }
            awaited
        });
    }
}
