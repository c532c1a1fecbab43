//! Bytes in at any split, batches of events out (WHATWG HTML, 9.2.5 and 9.2.6).
//!
//! A byte is copied into the kept input buffer once, looked at once, and copied once more if it belongs to an event. A line
//! that is longer than a chunk is never looked at twice, so time is linear whatever the line's length; comments and unknown
//! fields are dropped as they come and take no memory.

use std::ops::Range;

use super::batch::{Batch, NEW_ID, NO_EVENT, UNNAMED, UNNUMBERED};
use super::kinds::{Kind, Kinds};
use super::scan::line_end;
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

    /// The event in the making.
    data: Vec<u8>,
    has_data: bool,
    name: Vec<u8>,
    /// The value of an unfinished `id:` or `retry:` line.
    value: Vec<u8>,
    /// The last event ID buffer of the standard, and whether it has changed since the last record.
    id: Vec<u8>,
    id_is_new: bool,
    /// The last event ID string of the standard, which a request carries.
    last_event_id: String,

    kinds: Kinds,
    batch: Batch,
    retry: Option<Millis>,
    comments: u32,
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
            data: Vec::new(),
            has_data: false,
            name: Vec::new(),
            value: Vec::new(),
            id: Vec::new(),
            id_is_new: false,
            last_event_id: String::new(),
            kinds: Kinds::new(),
            batch: Batch::default(),
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
        self.forget_event();
        self.value.clear();
        self.id.clear();
        self.id.extend_from_slice(self.last_event_id.as_bytes());
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
        std::mem::take(&mut self.batch)
    }

    /// Gives a batch back, so that its memory serves the next one.
    pub fn return_batch(&mut self, mut batch: Batch) {
        if !self.has_batch() {
            batch.text.clear();
            batch.text.shrink_to(KEPT);
            batch.records.clear();
            self.batch = batch;
        }
    }

    /// Adds an event that somebody else has parsed: the browser's own EventSource.
    pub fn push(&mut self, name: &str, data: &str, id: &str) {
        self.forget_event();
        self.has_data = true;
        self.data.extend_from_slice(data.as_bytes());
        if name != "message" {
            self.name.extend_from_slice(name.as_bytes());
        }
        if id != self.last_event_id {
            self.id.clear();
            self.id.extend_from_slice(id.as_bytes());
            self.id_is_new = true;
        }
        self.dispatch();
    }

    /// The id that the next request carries. It advances when an event is finished, not before.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Starts from an id that was kept elsewhere.
    pub fn set_last_event_id(&mut self, id: &str) {
        self.last_event_id.clear();
        self.last_event_id.push_str(id);
        self.id.clear();
        self.id.extend_from_slice(id.as_bytes());
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
            let Some(end) = line_end(input, at) else { break };
            let part = input.get(at..end).unwrap_or_default();
            match self.line {
                Line::Start => self.whole_line(part)?,
                Line::Value(field) => {
                    self.add(field, part)?;
                    self.end_value(field)?;
                }
                Line::Skipped => {}
            }
            self.line = Line::Start;
            self.after_cr = input.get(end) == Some(&b'\r');
            at = end + 1;
        }
        let part = input.get(at..).unwrap_or_default();
        if self.line == Line::Start && part.len() < HEAD && part.first() != Some(&b':') {
            return Ok(at);
        }
        self.begin_line(part)?;
        Ok(input.len())
    }

    /// The rest of a chunk, which ends within a line.
    fn begin_line(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        if self.line != Line::Start {
            return match self.line {
                Line::Value(field) => self.add(field, part),
                _ => Ok(()),
            };
        }
        let Some((field, value)) = split(part) else {
            self.comments += u32::from(part.first() == Some(&b':'));
            self.line = Line::Skipped;
            return Ok(());
        };
        // A head of seven bytes without a colon is no known field.
        if value.is_none() {
            self.line = Line::Skipped;
            return Ok(());
        }
        self.line = Line::Value(field);
        self.begin_value(field)?;
        self.add(field, value.unwrap_or_default())
    }

    /// A line that lies in the input from its start to its end.
    fn whole_line(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        if line.is_empty() {
            self.dispatch();
            return Ok(());
        }
        let Some((field, value)) = split(line) else {
            self.comments += u32::from(line.first() == Some(&b':'));
            return Ok(());
        };
        self.begin_value(field)?;
        self.add(field, value.unwrap_or_default())?;
        self.end_value(field)
    }

    fn begin_value(&mut self, field: Field) -> Result<(), TooLarge> {
        match field {
            Field::Data if self.has_data => self.add(Field::Data, b"\n"),
            Field::Data => {
                self.has_data = true;
                Ok(())
            }
            Field::Event => {
                self.name.clear();
                Ok(())
            }
            Field::Id | Field::Retry => {
                self.value.clear();
                Ok(())
            }
        }
    }

    fn add(&mut self, field: Field, part: &[u8]) -> Result<(), TooLarge> {
        let held = match field {
            Field::Data => &mut self.data,
            Field::Event => &mut self.name,
            Field::Id | Field::Retry => &mut self.value,
        };
        if held.len() + part.len() > self.limit {
            return Err(TooLarge);
        }
        held.extend_from_slice(part);
        Ok(())
    }

    fn end_value(&mut self, field: Field) -> Result<(), TooLarge> {
        match field {
            Field::Id if !self.value.contains(&0) => {
                std::mem::swap(&mut self.id, &mut self.value);
                self.id_is_new = true;
            }
            Field::Retry => self.retry = whole_number(&self.value).map(Millis).or(self.retry),
            Field::Data | Field::Event | Field::Id => {}
        }
        Ok(())
    }

    /// An empty line: the event, if it is one, joins the batch.
    fn dispatch(&mut self) {
        if !self.has_data && !self.id_is_new {
            self.name.clear();
            return;
        }
        // Taken out so that the batch and the fields can be used at once.
        let Batch { mut text, mut records } = std::mem::take(&mut self.batch);
        let start = text.len();
        if self.has_data {
            push_lossy(&mut text, &self.data);
        }
        let data_end = text.len();
        let mut kind = 0;
        if self.id_is_new {
            push_lossy(&mut text, &self.id);
            self.last_event_id.clear();
            self.last_event_id.push_str(text.get(data_end..).unwrap_or_default());
            self.id_is_new = false;
            kind |= NEW_ID;
        }
        let id_end = text.len();
        kind |= if self.has_data { self.push_name(&mut text, start..data_end) } else { NO_EVENT };
        records.extend_from_slice(&[data_end as u32, id_end as u32, text.len() as u32, kind]);
        self.batch = Batch { text, records };
        self.forget_event();
    }

    /// The kind of the event whose data lies at `data` in the text; adds its name to the text if it is not known yet.
    fn push_name(&mut self, text: &mut String, data: Range<usize>) -> u32 {
        let mut flags = 0;
        if self.name.is_empty() {
            flags = UNNAMED;
            if !self.type_in_data {
                return flags;
            }
            match type_of(text.get(data).unwrap_or_default()) {
                Some(name) => self.name = name,
                None => return flags,
            }
        }
        flags
            | match self.kinds.find(&self.name) {
                Kind::Known(number) => number,
                Kind::New(number) => {
                    push_lossy(text, &self.name);
                    number
                }
                Kind::Unnumbered => {
                    push_lossy(text, &self.name);
                    UNNUMBERED
                }
            }
    }

    fn forget_event(&mut self) {
        self.data.clear();
        self.data.shrink_to(KEPT);
        self.has_data = false;
        self.name.clear();
    }
}

/// The member `type` of a JSON object, if it is a string that says something.
fn type_of(data: &str) -> Option<Vec<u8>> {
    if !data.starts_with('{') {
        return None;
    }
    let name = Json::parse(data)?.get_str("type")?;
    (!name.is_empty()).then(|| name.into_owned().into_bytes())
}

/// The field that a line names, and its value behind the colon and one space; no value where there is no colon.
fn split(line: &[u8]) -> Option<(Field, Option<&[u8]>)> {
    let (field, rest) = match line {
        [b'd', b'a', b't', b'a', rest @ ..] => (Field::Data, rest),
        [b'i', b'd', rest @ ..] => (Field::Id, rest),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => (Field::Event, rest),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => (Field::Retry, rest),
        _ => return None,
    };
    match rest {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some((field, Some(value))),
        [] => Some((field, None)),
        _ => None,
    }
}

/// ASCII digits and nothing else, as a number; what does not fit is the largest there is.
fn whole_number(text: &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
    }
    (!text.is_empty()).then_some(number)
}

/// Adds `bytes` as UTF-8; what is not UTF-8 becomes U+FFFD, as the standard's decoder has it.
fn push_lossy(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(valid) => text.push_str(valid),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}
