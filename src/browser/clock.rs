//! The page's clock: never goes back, and counts the time that the machine slept.

use std::cell::Cell;

use crate::core::base::Instant;

/// Reads both of the browser's clocks. `performance.now()` never goes back but stands still in some browsers while the
/// machine sleeps; `Date.now()` counts sleep but can be set back. Each reading advances by whichever moved further.
pub struct Clock {
    steady: Cell<f64>,
    wall: Cell<f64>,
    now: Cell<f64>,
}

impl Clock {
    /// Starts at the wall clock's reading.
    pub fn new() -> Clock {
        let wall = js_sys::Date::now();
        Clock { steady: Cell::new(steady_now()), wall: Cell::new(wall), now: Cell::new(wall) }
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        let steady = steady_now();
        let wall = js_sys::Date::now();
        let passed = (steady - self.steady.replace(steady)).max(wall - self.wall.replace(wall)).max(0.0);
        let now = self.now.get() + passed;
        self.now.set(now);
        Instant(now as u64)
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    /// `performance.now()`, in windows and workers alike.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn steady_now() -> f64;
}
