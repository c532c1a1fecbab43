//! Bytes in at any split, batches of events out (WHATWG HTML, 9.2.5 and 9.2.6).
//!
//! A byte is copied into the kept input buffer once, looked at once, and copied once more if it belongs to an event. A line
//! that is longer than a chunk is never looked at twice, so time is linear whatever the line's length; comments and unknown
//! fields are dropped as they come and take no memory.

use std::ops::Range;

use super::batch::{Batch, NEW_ID, NO_EVENT, UNNAMED, UNNUMBERED};
use super::kinds::Kinds;
use super::retry_after::whole_number;
use super::scan::{is_ascii, line_end};
use crate::core::base::{Json, Millis};

/// Longer than the longest field name with its colon and space (`event: `); a longer line's field is known.
const HEAD: usize = 7;
/// What a buffer may keep when it has had to grow for one big event.
const KEPT: usize = 1 << 20;

/// The limit was passed: one event, or one id or name, is larger than the parser may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Where the parser stands within a line that has begun but not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// At its start, or so near that the field is not known yet.
    Start,
    /// In a field's value.
    Value(Field),
    /// In a comment or an unknown field.
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Data,
    Event,
    Id,
    Retry,
}

/// An incremental parser. One serves a stream through all its connections, see [`Parser::restart`].
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    type_in_data: bool,

    /// The kept input buffer: `carried` bytes of an unfinished head of a line, then a chunk.
    input: Vec<u8>,
    carried: usize,
    line: Line,
    at_stream_start: bool,
    after_cr: bool,

    /// The event in the making. Its data is what stands behind `data_start` in the batch's text.
    data_start: usize,
    has_data: bool,
    name: Name,
    /// What the event's bytes have in common, and those looked at by the way.
    seen: u64,
    /// The value of an unfinished line other than data.
    value: Vec<u8>,
    /// The id of the event in the making, if it has one.
    id: Vec<u8>,
    id_is_new: bool,
    /// The last event ID of the standard, which a request carries.
    last_event_id: Vec<u8>,

    kinds: Kinds,
    batch: Batch,
    /// Memory for the batch after this one.
    spare: Batch,
    retry: Option<Millis>,
    comments: u32,
}

/// The name of the event in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    None,
    /// Its number.
    Numbered(u32),
    /// It has no number.
    Spelled(Vec<u8>),
}

impl Parser {
    /// A parser that holds no more than `limit` bytes of one event.
    ///
    /// With `type_in_data` an event without a name whose data is a JSON object takes its name from the member `type`.
    pub fn new(limit: usize, type_in_data: bool) -> Parser {
        Parser {
            limit,
            type_in_data,
            input: Vec::new(),
            carried: 0,
            line: Line::Start,
            at_stream_start: true,
            after_cr: false,
            data_start: 0,
            has_data: false,
            name: Name::None,
            seen: 0,
            value: Vec::new(),
            id: Vec::new(),
            id_is_new: false,
            last_event_id: Vec::new(),
            kinds: Kinds::new(),
            batch: Batch::default(),
            spare: Batch::default(),
            retry: None,
            comments: 0,
        }
    }

    /// Begins a new connection: what stood unfinished is discarded and does not advance the id.
    pub fn restart(&mut self) {
        self.carried = 0;
        self.line = Line::Start;
        self.at_stream_start = true;
        self.after_cr = false;
        self.batch.text.truncate(self.data_start);
        self.forget_event();
        self.id_is_new = false;
    }

    /// Where the next `len` bytes go; then call [`Parser::parse`]. The buffer is kept, so this costs nothing.
    pub fn space(&mut self, len: usize) -> &mut [u8] {
        let end = self.carried + len;
        if self.input.len() < end || self.input.len() > KEPT && end < KEPT {
            self.input.truncate(self.carried);
            self.input.shrink_to(KEPT);
            self.input.resize(end, 0);
        }
        self.input.get_mut(self.carried..end).unwrap_or_default()
    }

    /// Parses the `len` bytes that were written into [`Parser::space`]. Finished events are added to the batch.
    pub fn parse(&mut self, len: usize) -> Result<(), TooLarge> {
        // Taken out so that lines can be borrowed while fields are written.
        let mut input = std::mem::take(&mut self.input);
        let end = (self.carried + len).min(input.len());
        let result = self.parse_lines(input.get(..end).unwrap_or_default());
        if let Ok(rest) = result {
            self.carried = end - rest;
            input.copy_within(rest..end, 0);
        }
        self.input = input;
        result.map(|_| ())
    }

    /// [`Parser::space`], a copy and [`Parser::parse`] in one.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLarge> {
        self.space(bytes.len()).copy_from_slice(bytes);
        self.parse(bytes.len())
    }

    /// Whether anything has been parsed since [`Parser::take_batch`].
    pub fn has_batch(&self) -> bool {
        !self.batch.records.is_empty()
    }

    /// What has been parsed since the last call.
    pub fn take_batch(&mut self) -> Batch {
        let mut taken = std::mem::replace(&mut self.batch, std::mem::take(&mut self.spare));
        // The data of an unfinished event stays here.
        self.batch.text.extend_from_slice(taken.text.get(self.data_start..).unwrap_or_default());
        taken.text.truncate(self.data_start);
        self.data_start = 0;
        taken
    }

    /// Gives a batch back, so that its memory serves another one.
    pub fn return_batch(&mut self, mut batch: Batch) {
        batch.clear(KEPT);
        self.spare = batch;
    }

    /// Adds an event that somebody else has parsed: the browser's own EventSource.
    pub fn push(&mut self, name: &str, data: &str, id: &str) {
        self.forget_event();
        self.has_data = true;
        self.seen = u64::MAX;
        self.batch.text.extend_from_slice(data.as_bytes());
        if name != "message" {
            self.set_name(name.as_bytes());
        }
        if id.as_bytes() != self.last_event_id {
            self.set_id(id.as_bytes());
        }
        self.dispatch();
    }

    /// The id that the next request carries, as bytes of UTF-8. It advances when an event is finished, not before.
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Starts from an id that was kept elsewhere.
    pub fn set_last_event_id(&mut self, id: &str) {
        self.last_event_id.clear();
        self.last_event_id.extend_from_slice(id.as_bytes());
    }

    /// The latest `retry:` since the last call.
    pub fn take_retry(&mut self) -> Option<Millis> {
        self.retry.take()
    }

    /// How many comments have come since the last call. Servers send them to keep a connection alive.
    pub fn take_comments(&mut self) -> u32 {
        std::mem::take(&mut self.comments)
    }

    /// Parses all of `input` but the head of an unfinished line; gives the place where that begins.
    fn parse_lines(&mut self, input: &[u8]) -> Result<usize, TooLarge> {
        let mut at = 0;
        if self.at_stream_start {
            const BOM: &[u8] = b"\xef\xbb\xbf";
            if input.len() < BOM.len() && BOM.starts_with(input) {
                return Ok(0);
            }
            self.at_stream_start = false;
            at = if input.starts_with(BOM) { BOM.len() } else { 0 };
        }
        loop {
            if self.after_cr && at < input.len() {
                self.after_cr = false;
                at += usize::from(input.get(at) == Some(&b'\n'));
            }
            let Some(end) = line_end(input, at, &mut self.seen) else { break };
            let part = input.get(at..end).unwrap_or_default();
            match self.line {
                Line::Start => self.whole_line(part)?,
                Line::Value(field) => self.end_value(field, part)?,
                Line::Skipped => {}
            }
            self.line = Line::Start;
            self.after_cr = input.get(end) == Some(&b'\r');
            at = end + 1;
        }
        let part = input.get(at..).unwrap_or_default();
        if self.line == Line::Start && part.len() < HEAD {
            return Ok(at);
        }
        self.part_of_line(part)?;
        Ok(input.len())
    }

    /// A line that lies in the input from its start to its end.
    fn whole_line(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        if line.is_empty() {
            self.dispatch();
            return Ok(());
        }
        match split(line) {
            Some((Field::Data, value)) => {
                self.begin_data();
                self.add_data(value)
            }
            Some((field, value)) => self.set(field, value),
            None => {
                self.comments += u32::from(line.first() == Some(&b':'));
                Ok(())
            }
        }
    }

    /// The rest of a chunk, which ends within a line.
    fn part_of_line(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        match self.line {
            Line::Value(field) => self.add(field, part),
            Line::Skipped => Ok(()),
            Line::Start => {
                // As long as a head is, a part without a colon is no known field.
                let Some((field, value)) = split(part) else {
                    self.comments += u32::from(part.first() == Some(&b':'));
                    self.line = Line::Skipped;
                    return Ok(());
                };
                self.line = Line::Value(field);
                self.value.clear();
                if field == Field::Data {
                    self.begin_data();
                }
                self.add(field, value)
            }
        }
    }

    /// The last part of a line that began in an earlier chunk.
    fn end_value(&mut self, field: Field, part: &[u8]) -> Result<(), TooLarge> {
        self.add(field, part)?;
        if field == Field::Data {
            return Ok(());
        }
        let value = std::mem::take(&mut self.value);
        let result = self.set(field, &value);
        self.value = value;
        result
    }

    fn add(&mut self, field: Field, part: &[u8]) -> Result<(), TooLarge> {
        if field == Field::Data {
            return self.add_data(part);
        }
        if self.value.len() + part.len() > self.limit {
            return Err(TooLarge);
        }
        self.value.extend_from_slice(part);
        Ok(())
    }

    fn begin_data(&mut self) {
        if self.has_data {
            self.batch.text.push(b'\n');
        }
        self.has_data = true;
    }

    fn add_data(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        if self.batch.text.len() - self.data_start + part.len() > self.limit {
            return Err(TooLarge);
        }
        self.batch.text.extend_from_slice(part);
        Ok(())
    }

    /// The whole value of a field other than data.
    fn set(&mut self, field: Field, value: &[u8]) -> Result<(), TooLarge> {
        if value.len() > self.limit {
            return Err(TooLarge);
        }
        match field {
            Field::Event => self.set_name(value),
            Field::Id if !value.contains(&0) => self.set_id(value),
            Field::Retry => self.retry = whole_number(value).map(Millis).or(self.retry),
            Field::Data | Field::Id => {}
        }
        Ok(())
    }

    fn set_name(&mut self, name: &[u8]) {
        self.name = match self.kinds.number(name) {
            _ if name.is_empty() => Name::None,
            Some(number) => Name::Numbered(number),
            None => Name::Spelled(name.to_vec()),
        };
    }

    fn set_id(&mut self, id: &[u8]) {
        self.id.clear();
        self.id.extend_from_slice(id);
        self.id_is_new = true;
    }

    /// An empty line: the event, if it is one, joins the batch.
    fn dispatch(&mut self) {
        if self.has_data || self.id_is_new {
            let start = self.data_start;
            let ascii = is_ascii(self.seen);
            if !ascii {
                self.batch.make_valid(start);
            }
            let data_end = self.batch.text.len();
            let mut kind = 0;
            if self.id_is_new {
                std::mem::swap(&mut self.last_event_id, &mut self.id);
                self.batch.text.extend_from_slice(&self.last_event_id);
                if !ascii {
                    self.batch.make_valid(data_end);
                    self.last_event_id.clear();
                    self.last_event_id.extend_from_slice(self.batch.text.get(data_end..).unwrap_or_default());
                }
                kind = NEW_ID;
            }
            let id_end = self.batch.text.len();
            kind |= if self.has_data { self.push_name(start..data_end) } else { NO_EVENT };
            let ends = [data_end as u32, id_end as u32, self.batch.text.len() as u32, kind];
            self.batch.records.extend_from_slice(&ends);
        }
        self.forget_event();
    }

    /// The kind of the event whose data lies at `data` in the text; adds its name to the text if the page does not know it.
    fn push_name(&mut self, data: Range<usize>) -> u32 {
        let mut flags = 0;
        if self.name == Name::None {
            flags = UNNAMED;
            if self.type_in_data
                && let Some(name) = type_of(self.batch.text.get(data).unwrap_or_default())
            {
                self.set_name(&name);
            }
        }
        let id_end = self.batch.text.len();
        let number = match &self.name {
            Name::None => return flags,
            Name::Numbered(number) => {
                self.batch.text.extend_from_slice(self.kinds.untold(*number));
                *number
            }
            Name::Spelled(name) => {
                self.batch.text.extend_from_slice(name);
                UNNUMBERED
            }
        };
        if id_end < self.batch.text.len() {
            self.batch.make_valid(id_end);
        }
        flags | number
    }

    fn forget_event(&mut self) {
        self.data_start = self.batch.text.len();
        self.has_data = false;
        self.id_is_new = false;
        self.name = Name::None;
        self.seen = 0;
    }
}

/// The member `type` of a JSON object, if it is a string.
fn type_of(data: &[u8]) -> Option<Vec<u8>> {
    if data.first() != Some(&b'{') {
        return None;
    }
    Some(Json::parse(std::str::from_utf8(data).ok()?)?.get_str("type")?.into_owned().into_bytes())
}

/// The field that a line names, and its value behind the colon and one space; an empty one where there is no colon.
fn split(line: &[u8]) -> Option<(Field, &[u8])> {
    let (field, rest) = match line {
        [b'd', b'a', b't', b'a', rest @ ..] => (Field::Data, rest),
        [b'i', b'd', rest @ ..] => (Field::Id, rest),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => (Field::Event, rest),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => (Field::Retry, rest),
        _ => return None,
    };
    match rest {
        [b':', b' ', value @ ..] | [b':', value @ ..] | value @ [] => Some((field, value)),
        _ => None,
    }
}
