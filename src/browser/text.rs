//! Text from JavaScript without an allocation for each message.

use js_sys::{JsString, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    /// Encodes into memory that is there (Encoding Standard, `encodeInto`): twice as fast as letting the glue do it.
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, source: &JsString, destination: &mut [u8]) -> JsValue;
}

/// A buffer in WebAssembly's memory that stays from one message to the next.
pub struct TextBuffer {
    encoder: TextEncoder,
    bytes: Vec<u8>,
}

/// A buffer that grew beyond this for one message is given back.
const KEPT: usize = 1 << 20;

impl TextBuffer {
    /// Empty.
    pub fn new() -> TextBuffer {
        TextBuffer { encoder: TextEncoder::new(), bytes: Vec::new() }
    }

    /// Copies `source` in and lends it. A lone surrogate becomes U+FFFD.
    pub fn read(&mut self, source: &JsString) -> &str {
        let most = source.length() as usize * 3;
        if self.bytes.len() < most || self.bytes.len() > KEPT && most < KEPT {
            self.bytes = vec![0; most];
        }
        let result = self.encoder.encode_into(source, &mut self.bytes);
        let written = Reflect::get(&result, &JsValue::from_str("written")).ok().and_then(|written| written.as_f64());
        let written = written.unwrap_or(0.0) as usize;
        self.bytes.get(..written).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Default for TextBuffer {
    fn default() -> TextBuffer {
        TextBuffer::new()
    }
}

/// The value as text, if it is text.
pub fn as_js_string(value: JsValue) -> Option<JsString> {
    value.dyn_into().ok()
}
