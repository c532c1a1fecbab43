//! One WebSocket and its listeners. It holds no policy: no retry, no buffer.

use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::listener::Listener;

/// What a socket reports; text stays JavaScript's until it is read.
pub enum SocketReport {
    /// It is open.
    Opened,
    /// A text frame.
    Text(JsString),
    /// A binary frame.
    Binary(Vec<u8>),
    /// It has closed.
    Closed(u16),
}

/// Dropping it detaches its listeners and closes it, so that nothing is heard of it again.
pub struct Socket {
    socket: WebSocket,
    listeners: Vec<Listener>,
}

impl Socket {
    /// Takes over a socket that is opening, or open already: the page may have opened it while this module was loading.
    pub fn adopt(socket: WebSocket, report: impl Fn(SocketReport) + Clone + 'static) -> Socket {
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (on_open, on_message, on_close) = (report.clone(), report.clone(), report);
        let listeners = vec![
            Listener::new(&socket, "open", move |_| on_open(SocketReport::Opened)),
            Listener::new(&socket, "message", move |event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                match data.dyn_into::<JsString>() {
                    Ok(text) => on_message(SocketReport::Text(text)),
                    Err(data) => {
                        if let Ok(buffer) = data.dyn_into::<ArrayBuffer>() {
                            on_message(SocketReport::Binary(Uint8Array::new(&buffer).to_vec()));
                        }
                    }
                }
            }),
            Listener::new(&socket, "close", move |event| {
                on_close(SocketReport::Closed(event.unchecked_into::<CloseEvent>().code()));
            }),
        ];
        Socket { socket, listeners }
    }

    /// Whether it is open already.
    pub fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// Whether it has failed already.
    pub fn is_closed(&self) -> bool {
        self.socket.ready_state() >= WebSocket::CLOSING
    }

    /// Sends text. A socket that cannot send any more will report that it closed.
    pub fn send_text(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }

    /// Sends bytes.
    pub fn send_bytes(&self, bytes: &[u8]) {
        let _ = self.socket.send_with_u8_array(bytes);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listeners.clear();
        let _ = self.socket.close();
    }
}
