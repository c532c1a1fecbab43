//! The exports that every page needs. They hand on to [`Port`], and decide nothing.
//!
//! They are few, and nothing calls back: an export in the usual style costs the visitor four times the bytes.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::throw_str;

use crate::core::base::Instant;
use crate::core::port::Port;

/// One client. `js/driver.js` is its only user, but for the commands in `client.rs`.
#[wasm_bindgen]
pub struct RawClient {
    pub(super) port: Port,
}

#[wasm_bindgen]
impl RawClient {
    /// See [`Port::new`]. `seed`: 0 to 1, by chance.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, now: f64, seed: f64) -> RawClient {
        match Port::new(options, Instant(now as u64), (seed * 9e15) as u64) {
            Ok(port) => RawClient { port },
            Err(misuse) => throw_str(misuse.code()),
        }
    }

    /// See [`Port::written`].
    #[allow(clippy::too_many_arguments, reason = "one export with many costs less than many with few")]
    pub fn input(
        &mut self,
        now: f64,
        kind: u32,
        id: u32,
        number: u32,
        first: usize,
        second: usize,
        third: usize,
    ) -> i32 {
        self.port.written(Instant(now as u64), kind, id, number, [first, second, third])
    }

    /// See [`Port::room`]; where it is in the memory.
    pub fn room(&mut self, most: usize) -> *const u8 {
        self.port.room(most).as_ptr()
    }

    /// See [`Port::poll`], or, for the next part of a frame, [`Port::patches`].
    pub fn poll(&mut self, paints: bool) -> String {
        if paints { self.port.patches() } else { self.port.poll() }
    }
}
