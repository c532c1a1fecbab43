//! The export for notifications: one, since each costs the visitor some bytes.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::browser::clock::Clock;
use crate::core::base::json_write::{push_name, push_number};
use crate::core::base::{Json, Millis};
use crate::core::notifications::{Bell, BellConfig, BellInput};
use crate::core::port::{flag, number, text};

/// The notifications of one user. `js/notifications.js` is its only user.
#[wasm_bindgen]
pub struct RawBell {
    bell: RefCell<Bell>,
    clock: Clock,
}

#[wasm_bindgen]
impl RawBell {
    /// Options: `readColumn`, `limit` (none: no rows are read), `toasts`, `span`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> RawBell {
        let options = Json::parse(options).unwrap_or(Json::NULL);
        let bell = Bell::new(BellConfig {
            read_column: text(options, "readColumn"),
            limit: number(options, "limit").map(|limit| limit as u32),
            toasts: flag(options, "toasts"),
            span: Millis(number(options, "span").unwrap_or_default()),
        });
        RawBell { bell: RefCell::new(bell), clock: Clock::new() }
    }

    /// One [`BellInput`] by its name, with its text or its number. Answers `{effects, wait?}`: what is to be done, and the
    /// milliseconds until it wants to be told `timeout`.
    pub fn input(&self, name: &str, text: &str, number: u32) -> String {
        let input = match name {
            "broadcast" => BellInput::Broadcast(text),
            "row" => BellInput::Row(text),
            "gone" => BellInput::Gone(text),
            "read" => BellInput::Read,
            "unreadable" => BellInput::Unreadable,
            "mark" => BellInput::Mark(Some(text)),
            "mark-all" => BellInput::Mark(None),
            "marked" => BellInput::Marked(number, true),
            "unmarked" => BellInput::Marked(number, false),
            "dismiss" => BellInput::Dismiss(number),
            "hold" => BellInput::Hold(number),
            "pause" => BellInput::Pause(number, true),
            "resume" => BellInput::Pause(number, false),
            _ => BellInput::Timeout,
        };
        let now = self.clock.now();
        let mut bell = self.bell.borrow_mut();
        bell.handle_input(now, input);
        let mut out = String::from("{");
        push_name(&mut out, "effects");
        out.push('[');
        while let Some(effect) = bell.poll_effect() {
            effect.write(&mut out);
        }
        out.push(']');
        if let Some(at) = bell.next_timeout() {
            push_name(&mut out, "wait");
            push_number(&mut out, (at - now).0);
        }
        out.push('}');
        out
    }

    /// See [`Bell::list`].
    pub fn list(&self, limit: usize) -> String {
        self.bell.borrow().list(limit)
    }
}
