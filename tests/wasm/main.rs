//! The browser's tests: what only a browser can prove.
#![cfg(target_arch = "wasm32")]
