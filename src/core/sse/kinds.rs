//! The names of events, each remembered once, so that a batch carries small numbers.

/// How many names are remembered; a stream that invents more is served, only slower.
const NAMES: usize = 64;
/// A longer name is not remembered.
const LONGEST: usize = 64;

/// Names by number. Number 0 is `message`, the name of an event without one.
#[derive(Debug)]
pub(super) struct Kinds {
    names: Vec<Kind>,
    latest: usize,
}

#[derive(Debug)]
struct Kind {
    name: Vec<u8>,
    /// The page has been told which name the number stands for.
    told: bool,
}

impl Kinds {
    pub(super) fn new() -> Kinds {
        Kinds { names: vec![Kind { name: b"message".to_vec(), told: true }], latest: 0 }
    }

    /// The number of a name, which it has from now on; none if there are too many already.
    pub(super) fn number(&mut self, name: &[u8]) -> Option<u32> {
        // Streams repeat themselves: the name before is the likeliest.
        if self.names.get(self.latest).is_none_or(|latest| latest.name != name) {
            match self.names.iter().position(|known| known.name == name) {
                Some(at) => self.latest = at,
                None if self.names.len() == NAMES || name.len() > LONGEST => return None,
                None => {
                    self.latest = self.names.len();
                    self.names.push(Kind { name: name.to_vec(), told: false });
                }
            }
        }
        Some(self.latest as u32)
    }

    /// The name that `number` stands for, if the page is to be told of it now: this once.
    pub(super) fn untold(&mut self, number: u32) -> &[u8] {
        match self.names.get_mut(number as usize) {
            Some(kind) if !kind.told => {
                kind.told = true;
                &kind.name
            }
            _ => &[],
        }
    }
}
