//! Text from JavaScript without an allocation for each message.

use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    type TextEncoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;
    /// Encodes into memory that is there (Encoding Standard, `encodeInto`): twice as fast as letting the glue do it.
    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, source: &JsString, destination: &mut [u8]) -> Encoded;

    type Encoded;
    #[wasm_bindgen(method, getter)]
    fn written(this: &Encoded) -> u32;
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
        let written = self.encoder.encode_into(source, &mut self.bytes).written() as usize;
        self.bytes.get(..written).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Default for TextBuffer {
    fn default() -> TextBuffer {
        TextBuffer::new()
    }
}
