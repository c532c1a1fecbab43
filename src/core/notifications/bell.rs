//! What is known of a user's notifications, and what the page is told of it.

use super::note::{Card, Mark, Note};
use super::toasts::{Content, Toasts};
use crate::core::base::json_write::{push_comma, push_number, push_string};
use crate::core::base::{Instant, Json, Millis, Timestamp};

/// The most that are remembered; those read longest ago go first.
const NOTE_LIMIT: usize = 500;

/// A broadcast may come before its row; what a read made so much later does not hold was never stored.
const STORING: Millis = Millis(30_000);

/// How a bell behaves.
#[derive(Clone, Debug)]
pub struct BellConfig {
    /// The column that says whether a notification was read: a boolean, or a time.
    pub read_column: String,
    /// The most rows that are read; `None` if none are, and broadcasts are all there is.
    pub limit: Option<u32>,
    /// Whether news show as toasts.
    pub toasts: bool,
    /// How long a toast without text shows; 0: until it is closed.
    pub span: Millis,
}

/// What happened, or what the page wants.
#[derive(Clone, Copy, Debug)]
pub enum BellInput<'a> {
    /// `new_notification`, with its payload as JSON.
    Broadcast(&'a str),
    /// A row is new or has changed.
    Row(&'a str),
    /// A row has gone, by its id.
    Gone(&'a str),
    /// All rows have been read; they have been told before.
    Read,
    /// They may not be read: what is known is all that will be.
    Unreadable,
    /// To be marked as read: one, by its id, or all.
    Mark(Option<&'a str>),
    /// What became of it.
    Marked(u32, bool),
    /// A toast was closed.
    Dismiss(u32),
    /// A toast holds something to do, so it stays until it is closed.
    Hold(u32),
    /// A reason to pause, one of the `PAUSED_BY_…`, has come or gone.
    Pause(u32, bool),
    /// Time has passed.
    Timeout,
}

/// One thing to do or to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BellEffect {
    /// How many are unread, and whether there may be more than that.
    Count(u32, bool),
    /// A notification that the page has not heard of.
    News(Card),
    /// The list is to be shown anew.
    Changed,
    /// A toast is to be shown: its key, whether it is a failure, what it says.
    Show(u32, bool, Content),
    /// A toast is to go.
    Hide(u32),
    /// The server is to be told that these were read, or all; the answer comes as [`BellInput::Marked`].
    Mark(u32, Option<String>),
    /// A broadcast that is no notification was ignored.
    Odd,
}

/// The notifications of one user.
#[derive(Debug)]
pub struct Bell {
    config: BellConfig,
    now: Instant,
    notes: Vec<Note>,
    toasts: Toasts,
    /// The rows have been read once: what comes from now on is new.
    settled: bool,
    /// The count is known, as far as it ever will be.
    counts: bool,
    /// What was made before then is not new, even if it comes only now: it was beyond the limit of the first read, or has
    /// been forgotten.
    floor: Timestamp,
    /// There were more unread ones than a read brings.
    more: bool,
    /// All were marked as read, by this request; whether there were more than were known.
    emptied: Option<(u32, bool)>,
    told: Option<(u32, bool)>,
    last_request: u32,
    effects: Vec<BellEffect>,
}

impl Bell {
    /// Knows of nothing.
    pub fn new(config: BellConfig) -> Bell {
        let alone = config.limit.is_none();
        Bell {
            now: Instant(0),
            notes: Vec::new(),
            toasts: Toasts::new(config.span),
            settled: alone,
            counts: alone,
            floor: Timestamp(0),
            more: false,
            emptied: None,
            told: None,
            last_request: 0,
            effects: Vec::new(),
            config,
        }
    }

    /// Takes one input. Afterwards, take the effects until there are none, and read [`Bell::next_timeout`].
    pub fn handle_input(&mut self, now: Instant, input: BellInput<'_>) {
        self.now = self.now.max(now);
        let now = self.now;
        self.toasts.fire_due(now, &mut self.effects);
        match input {
            BellInput::Broadcast(json) => self.handle_broadcast(json),
            BellInput::Row(json) => self.handle_row(json),
            BellInput::Gone(id) => self.handle_gone(id),
            BellInput::Read => self.handle_read(),
            BellInput::Unreadable => self.counts = true,
            BellInput::Mark(id) => self.mark(id),
            BellInput::Marked(request, taken) => self.handle_marked(request, taken),
            BellInput::Dismiss(key) => self.toasts.dismiss(now, key, &mut self.effects),
            BellInput::Hold(key) => self.toasts.hold(key),
            BellInput::Pause(reason, on) => self.toasts.pause(now, reason, on),
            BellInput::Timeout => {}
        }
        self.tell_count();
    }

    /// The next effect, oldest first.
    pub fn poll_effect(&mut self) -> Option<BellEffect> {
        (!self.effects.is_empty()).then(|| self.effects.remove(0))
    }

    /// When it wants to be called again.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.toasts.next_deadline()
    }

    /// How many are unread.
    pub fn unread(&self) -> usize {
        self.notes.iter().filter(|note| note.is_unread()).count()
    }

    /// The newest as JSON: `[{id, type, title, message, url, time, read}]`, at most `limit`.
    pub fn list(&self, limit: usize) -> String {
        // One after the other, each the newest that is older than the last: a sort would cost a page some kilobytes.
        let mut last: Option<&Note> = None;
        let mut out = String::from("[");
        for _ in 0..limit {
            let mut next: Option<&Note> = None;
            for note in &self.notes {
                let fits = !note.gone && last.is_none_or(|last| last.is_newer_than(note));
                if fits && next.is_none_or(|next| note.is_newer_than(next)) {
                    next = Some(note);
                }
            }
            let Some(note) = next else { break };
            note.write(&mut out);
            last = next;
        }
        out.push(']');
        out
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.notes.iter().position(|note| note.card.id == id)
    }

    fn handle_broadcast(&mut self, json: &str) {
        let row = Json::parse(json);
        let Some((row, card)) = row.and_then(|row| Some((row, Card::parse(row)?))) else {
            self.effects.push(BellEffect::Odd);
            return;
        };
        let at = self
            .place(&card.id)
            .unwrap_or_else(|| self.keep(Note::new(self.now, card, row, &self.config.read_column, false)));
        self.announce(at);
    }

    fn handle_row(&mut self, json: &str) {
        let Some(row) = Json::parse(json) else { return };
        let Some(card) = Card::parse(row) else { return };
        let column = &self.config.read_column;
        if let Some(at) = self.place(&card.id) {
            let Some(note) = self.notes.get_mut(at) else { return };
            let id = card.id.clone();
            note.update(card, row, column);
            let unread = note.is_unread();
            self.changed();
            if !unread {
                self.toasts.withdraw(self.now, &id, &mut self.effects);
            }
            return;
        }
        let note = Note::new(self.now, card, row, column, true);
        let is_new = self.settled && note.created > self.floor;
        let at = self.keep(note);
        if is_new {
            self.announce(at);
        }
    }

    fn handle_gone(&mut self, id: &str) {
        let Some(note) = self.notes.iter_mut().find(|note| note.card.id == id) else { return };
        note.gone = true;
        self.changed();
        self.toasts.withdraw(self.now, id, &mut self.effects);
    }

    fn handle_read(&mut self) {
        let limit = self.config.limit.unwrap_or(u32::MAX) as usize;
        let stored = self.notes.iter().filter(|note| note.stored && !note.gone);
        if !self.settled && stored.clone().count() >= limit {
            self.floor = stored.map(|note| note.created).min().unwrap_or_default();
        }
        self.more = self.notes.iter().filter(|note| note.is_stored_unread()).count() >= limit;
        self.settled = true;
        self.counts = true;
        let never: Vec<String> = self
            .notes
            .iter()
            .filter(|note| !note.stored && !note.gone && note.heard + STORING <= self.now)
            .map(|note| note.card.id.clone())
            .collect();
        for id in never {
            self.handle_gone(&id);
        }
    }

    /// Keeps one more, and forgets another if there are too many. Its place is returned.
    fn keep(&mut self, note: Note) -> usize {
        if self.notes.len() == NOTE_LIMIT {
            let mut least = 0;
            for at in 1..self.notes.len() {
                if let (Some(one), Some(other)) = (self.notes.get(at), self.notes.get(least))
                    && one.is_less_than(other)
                {
                    least = at;
                }
            }
            let old = self.notes.remove(least);
            self.more |= old.is_unread();
            self.floor = self.floor.max(old.created);
        }
        self.notes.push(note);
        self.changed();
        self.notes.len() - 1
    }

    /// Tells the page of one that is new to it, unless it has been read meanwhile.
    fn announce(&mut self, at: usize) {
        let Some(note) = self.notes.get_mut(at) else { return };
        if note.announced || !note.is_unread() {
            return;
        }
        note.announced = true;
        let card = note.card.clone();
        self.effects.push(BellEffect::News(card.clone()));
        if self.config.toasts {
            self.toasts.add(self.now, card, &mut self.effects);
        }
    }

    fn mark(&mut self, id: Option<&str>) {
        let request = self.last_request + 1;
        let mut found = false;
        let mut marked = Vec::new();
        for note in self.notes.iter_mut().filter(|note| id.is_none_or(|id| note.card.id == id)) {
            found = true;
            if note.is_unread() {
                note.mark = Mark::Pending(request);
                marked.push(note.card.id.clone());
            }
        }
        // One that is not known is the server's business; so is the rest, where more are unread than are known.
        let is_all = if id.is_some() { found } else { !self.more };
        if marked.is_empty() && is_all {
            return;
        }
        self.last_request = request;
        if id.is_none() {
            self.emptied = Some((request, self.more));
            self.more = false;
        }
        for id in &marked {
            self.toasts.withdraw(self.now, id, &mut self.effects);
        }
        self.changed();
        self.effects.push(BellEffect::Mark(request, id.map(str::to_owned)));
    }

    fn handle_marked(&mut self, request: u32, taken: bool) {
        for note in self.notes.iter_mut().filter(|note| note.mark == Mark::Pending(request)) {
            note.mark = if taken { Mark::Done } else { Mark::No };
        }
        if let Some((_, more)) = self.emptied.take_if(|(of, _)| *of == request) {
            self.more |= more && !taken;
        }
        self.changed();
    }

    fn changed(&mut self) {
        if self.effects.last() != Some(&BellEffect::Changed) {
            self.effects.push(BellEffect::Changed);
        }
    }

    fn tell_count(&mut self) {
        let now = (self.unread() as u32, self.more);
        if self.counts && self.told != Some(now) {
            self.told = Some(now);
            self.effects.push(BellEffect::Count(now.0, now.1));
        }
    }
}

impl BellEffect {
    /// Appends it as a JSON array that begins with its name. `js/notifications.js` is its only reader.
    pub fn write(&self, out: &mut String) {
        push_comma(out);
        let (name, number) = match self {
            BellEffect::Count(unread, _) => ("count", *unread),
            BellEffect::News(_) => ("news", 0),
            BellEffect::Changed => ("changed", 0),
            BellEffect::Show(key, ..) => ("show", *key),
            BellEffect::Hide(key) => ("hide", *key),
            BellEffect::Mark(request, _) => ("mark", *request),
            BellEffect::Odd => ("odd", 0),
        };
        out.push('[');
        push_string(out, name);
        out.push(',');
        push_number(out, u64::from(number));
        out.push(',');
        match self {
            BellEffect::Count(unread, more) => push_string(out, &label(*unread, *more)),
            BellEffect::News(card) => push_card(out, card),
            BellEffect::Show(_, is_failure, content) => {
                out.push_str(if *is_failure { "true," } else { "false," });
                match content {
                    Content::One(card) => push_card(out, card),
                    Content::Sum(ids, more) => push_number(out, ids.len() as u64 + u64::from(*more)),
                }
            }
            BellEffect::Mark(_, Some(id)) => push_string(out, id),
            BellEffect::Changed | BellEffect::Hide(_) | BellEffect::Mark(_, None) | BellEffect::Odd => {
                out.push_str("null");
            }
        }
        out.push(']');
    }
}

fn push_card(out: &mut String, card: &Card) {
    out.push('{');
    card.write(out);
    out.push('}');
}

/// What a badge says: the number, `99+` above 99, `40+` where there may be more, nothing for 0.
fn label(unread: u32, more: bool) -> String {
    let mut out = String::new();
    if unread > 0 {
        push_number(&mut out, u64::from(unread.min(99)));
    }
    if unread > 99 || (more && unread > 0) {
        out.push('+');
    }
    out
}
