//! What crosses to JavaScript: all events of a chunk as one string and a table of numbers.

use std::borrow::Cow;

/// Words of a record: the ends of its data, id and name in the batch's text, and its kind.
pub const RECORD: usize = 4;
/// Which of them is the kind.
const KIND_AT: usize = 3;
/// The kind of a record that is no event: a block without data, whose id counts all the same.
pub const NO_EVENT: u32 = NUMBER;

/// Low bits of the kind: the number of the event's name; all ones if it has none.
const NUMBER: u32 = 0xffff;
/// A name without a number; its text stands in the record.
pub(super) const UNNUMBERED: u32 = NUMBER - 1;
/// The event had no `event:` field; its name, if it is not `message`, was read from the data.
pub const UNNAMED: u32 = 0x1_0000;
/// The record's id is new; without the flag the id before it still holds.
pub const NEW_ID: u32 = 0x2_0000;

const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Finished events: their strings one behind the other in `text`, and [`RECORD`] numbers for each.
///
/// A record is the end of the data, of the id and of the name, each beginning where the one before ends, and the kind:
/// the number of the name, [`UNNAMED`] and [`NEW_ID`]. A name with a number stands in the text only in the record that
/// gives it the number.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The strings of all events, as UTF-8.
    pub text: Vec<u8>,
    /// The records.
    pub records: Vec<u32>,
    /// Whether the text is ASCII.
    pub is_ascii: bool,
}

impl Default for Batch {
    fn default() -> Batch {
        Batch { text: Vec::new(), records: Vec::new(), is_ascii: true }
    }
}

impl Batch {
    /// Empties it; of the memory, no more than `kept` bytes stay.
    pub(super) fn clear(&mut self, kept: usize) {
        self.text.clear();
        self.text.shrink_to(kept);
        self.records.clear();
        self.is_ascii = true;
    }

    /// What is not UTF-8 from `start` on becomes U+FFFD, as the standard's decoder has it.
    pub(super) fn make_valid(&mut self, start: usize) {
        let bytes = self.text.get(start..).unwrap_or_default();
        if let Cow::Owned(valid) = String::from_utf8_lossy(bytes) {
            self.text.truncate(start);
            self.text.extend_from_slice(valid.as_bytes());
        }
        self.is_ascii &= self.text.get(start..).unwrap_or_default().is_ascii();
    }

    /// Rewrites the ends from bytes to UTF-16 code units, as JavaScript's strings have them, in one pass.
    pub fn to_utf16(&mut self) {
        if self.is_ascii {
            return;
        }
        let bytes = &self.text;
        let (mut at, mut units) = (0, 0);
        for (place, end) in self.records.iter_mut().enumerate() {
            if place % RECORD == KIND_AT {
                continue;
            }
            let to = *end as usize;
            units += bytes.get(at..to).map_or(0, utf16_units);
            at = to;
            *end = units;
        }
    }
}

/// One event, as Rust code reads it from a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `message` where the stream gave no name.
    pub name: String,
    /// The lines of data, joined by LF.
    pub data: String,
    /// The id that holds with this event: its own, or the last one before it.
    pub last_event_id: String,
}

/// Reads batches as Rust values, as `js/stream.js` reads them as JavaScript's: it remembers names by number, and the id.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    names: Vec<String>,
    last_event_id: String,
}

impl Reader {
    /// The events of the next batch, before [`Batch::to_utf16`].
    pub fn read(&mut self, batch: &Batch) -> Vec<Event> {
        if self.names.is_empty() {
            self.names.push("message".to_owned());
        }
        let mut start = 0;
        let mut events = Vec::new();
        for record in batch.records.chunks_exact(RECORD) {
            let [data_end, id_end, name_end, kind] = record else { continue };
            let part = |from: u32, to: u32| {
                let bytes = batch.text.get(from as usize..to as usize).unwrap_or_default();
                String::from_utf8_lossy(bytes).into_owned()
            };
            if kind & NEW_ID != 0 {
                self.last_event_id = part(*data_end, *id_end);
            }
            let number = kind & NUMBER;
            let name = part(*id_end, *name_end);
            if !name.is_empty() && number < UNNUMBERED {
                self.names.resize(self.names.len().max(number as usize + 1), String::new());
                if let Some(slot) = self.names.get_mut(number as usize) {
                    slot.clone_from(&name);
                }
            }
            if number != NO_EVENT {
                let name = self.names.get(number as usize).cloned().unwrap_or(name);
                let last_event_id = self.last_event_id.clone();
                events.push(Event { name, data: part(start, *data_end), last_event_id });
            }
            start = *name_end;
        }
        events
    }
}

/// The UTF-16 code units of valid UTF-8: one for each byte that begins a character, and one more where it takes four bytes.
fn utf16_units(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(8);
    let mut units = 0;
    for word in &mut words {
        let Ok(eight) = <[u8; 8]>::try_from(word) else { break };
        let word = u64::from_le_bytes(eight);
        let follows = word & !(word << 1) & HIGHS;
        let four = word & (word << 1) & (word << 2) & (word << 3) & HIGHS;
        units += 8 - follows.count_ones() + four.count_ones();
    }
    for byte in words.remainder() {
        units += u32::from(byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0);
    }
    units
}
