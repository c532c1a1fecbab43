//! The names of events, each remembered once, so that a batch carries small numbers.

/// How many names are remembered; a stream that invents more is served, only slower.
const NAMES: usize = 64;
/// A longer name is not remembered.
const LONGEST: usize = 64;

/// Names by number. Number 0 is `message`, the name of an event without one.
#[derive(Debug)]
pub(super) struct Kinds {
    names: Vec<Vec<u8>>,
    latest: usize,
}

/// What is known of a name.
pub(super) enum Kind {
    /// It has this number, and has been handed out before.
    Known(u32),
    /// It has this number from now on.
    New(u32),
    /// It has none, and will have none.
    Unnumbered,
}

impl Kinds {
    pub(super) fn new() -> Kinds {
        Kinds { names: vec![b"message".to_vec()], latest: 0 }
    }

    pub(super) fn find(&mut self, name: &[u8]) -> Kind {
        // Streams repeat themselves: the name before is the likeliest.
        if self.names.get(self.latest).is_some_and(|latest| latest == name) {
            return Kind::Known(self.latest as u32);
        }
        if let Some(at) = self.names.iter().position(|known| known == name) {
            self.latest = at;
            return Kind::Known(at as u32);
        }
        if self.names.len() == NAMES || name.len() > LONGEST {
            return Kind::Unnumbered;
        }
        self.latest = self.names.len();
        self.names.push(name.to_vec());
        Kind::New(self.latest as u32)
    }
}
