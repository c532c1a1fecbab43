//! The module `storywire_stream`: event streams, and the emotions that come by them.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Headers;

use crate::browser::stream::{Driver, Options, Sink};
use crate::core::emotion::Readings;

/// One event stream. Freeing it ends it.
#[wasm_bindgen]
pub struct RawStream(Rc<Driver>);

#[wasm_bindgen]
impl RawStream {
    /// Tells `sink` nothing before [`RawStream::start`].
    #[wasm_bindgen(constructor)]
    pub fn new(sink: Sink, options: &Options) -> RawStream {
        RawStream(Driver::new(sink, options))
    }

    /// Begins to open.
    pub fn start(&self) {
        self.0.start();
    }

    /// Answers `sink.askHeaders`; without headers the page's function for them has failed.
    pub fn headers(&self, attempt: u32, headers: Option<Headers>) {
        self.0.headers(attempt, headers);
    }

    /// The page listens for events named `name`.
    pub fn listen(&self, name: &str) {
        self.0.listen(name);
    }

    /// There is room for more, after `sink.deliver` said that there was none.
    pub fn resume(&self) {
        self.0.resume();
    }

    /// Ends it, without a word to `sink`.
    pub fn close(&self) {
        self.0.close();
    }

    /// `opening`, `open`, `waiting` or `stopped`.
    pub fn phase(&self) -> String {
        self.0.phase().word().to_owned()
    }
}

/// The last readings of a feeling. See [`Readings`].
#[wasm_bindgen]
pub struct RawReadings(RefCell<Readings>);

#[wasm_bindgen]
impl RawReadings {
    /// Keeps the last `limit`; intensities go from 0 to `scale`.
    #[wasm_bindgen(constructor)]
    pub fn new(limit: usize, scale: u32) -> RawReadings {
        RawReadings(RefCell::new(Readings::new(limit, scale)))
    }

    /// Takes a reading as JSON; `false` if it names no emotion.
    pub fn push(&self, json: &str) -> bool {
        self.0.borrow_mut().push(json)
    }

    /// See [`Readings::view`].
    pub fn view(&self, width: u32, height: u32) -> String {
        self.0.borrow().view(width, height)
    }
}
