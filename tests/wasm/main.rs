//! The browser's tests: what only a browser can prove.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

mod adapters;
mod dom;
mod dom_content;
mod stage;
mod support;
