//! The driver: effects after the borrow, listeners that call back in, sockets that throw, closing in one breath.

use js_sys::{Array, Function, Object, Reflect};
use storywire::api::story::RawClient;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::settle;

#[wasm_bindgen(inline_js = "
export class FakeSocket extends EventTarget {
  readyState = 0
  sent = []
  fails = false
  send(data) {
    if (this.fails) throw new Error('this socket is broken')
    this.sent.push(data)
  }
  close() { this.readyState = 3 }
  open() { this.readyState = 1; this.dispatchEvent(new Event('open')) }
  say(frame) { this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) })) }
  reply(index, response = { postgres_changes: [] }) {
    const [join, ref, topic] = JSON.parse(this.sent[index])
    this.say([join, ref, topic, 'phx_reply', { status: 'ok', response }])
  }
}
export class FakeSink {
  sockets = []
  calls = []
  socket(url) { const socket = new FakeSocket(); socket.url = url; this.sockets.push(socket); return socket }
}
for (const name of ['askToken', 'settle', 'connection', 'status', 'change', 'broadcast', 'bytes', 'presence', 'system', 'rows', 'fault', 'read', 'abortRead', 'asset', 'retry', 'stray']) {
  FakeSink.prototype[name] = function (...args) {
    this.calls.push([name, ...args])
    this['on' + name]?.(...args)
  }
}
")]
extern "C" {
    type FakeSocket;
    #[wasm_bindgen(method)]
    fn open(this: &FakeSocket);
    #[wasm_bindgen(method)]
    fn reply(this: &FakeSocket, index: u32);
    #[wasm_bindgen(method, getter)]
    fn sent(this: &FakeSocket) -> Array;
    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn ready_state(this: &FakeSocket) -> u16;
    #[wasm_bindgen(method, setter)]
    fn set_fails(this: &FakeSocket, fails: bool);

    type FakeSink;
    #[wasm_bindgen(constructor)]
    fn new() -> FakeSink;
    #[wasm_bindgen(method, getter)]
    fn sockets(this: &FakeSink) -> Array;
    #[wasm_bindgen(method, getter)]
    fn calls(this: &FakeSink) -> Array;
}

const OPTIONS: &str = r#"{"socketUrl":"ws://test/socket","restUrl":"http://127.0.0.1:9","key":"sb_publishable_x"}"#;

fn client() -> (RawClient, FakeSink) {
    let sink = FakeSink::new();
    let own: JsValue = AsRef::<JsValue>::as_ref(&sink).clone();
    (RawClient::new(OPTIONS, own.unchecked_into()).ok().unwrap(), sink)
}

fn socket(sink: &FakeSink) -> FakeSocket {
    sink.sockets().get(0).unchecked_into()
}

fn called(sink: &FakeSink, name: &str) -> usize {
    sink.calls().iter().filter(|call| Array::from(call).get(0) == name).count()
}

/// A client with one channel that is joined.
async fn joined() -> (RawClient, FakeSink, u32) {
    let (client, sink) = client();
    let room = client.channel("room", "{}") as u32;
    assert_eq!(client.subscribe(room), 0);
    settle().await;
    socket(&sink).open();
    socket(&sink).reply(0);
    assert_eq!(called(&sink, "status"), 1);
    (client, sink, room)
}

#[wasm_bindgen_test]
async fn commands_are_performed_in_a_microtask() {
    let (client, sink) = client();
    let room = client.channel("room", "{}") as u32;
    client.subscribe(room);
    assert_eq!(sink.sockets().length(), 0);
    settle().await;
    assert_eq!(sink.sockets().length(), 1);
}

#[wasm_bindgen_test]
async fn misuse_comes_back_as_a_negative_number() {
    let (client, _) = client();
    assert_eq!(client.channel("", "{}"), -3);
    assert_eq!(client.channel("room", "no json"), -2);
    assert!(
        RawClient::new(&OPTIONS.replace("sb_publishable_x", "sb_secret_x"), FakeSink::new().unchecked_into()).is_err()
    );
}

#[wasm_bindgen_test]
async fn a_listener_may_call_back_in() {
    let (client, sink, room) = joined().await;
    let client = std::rc::Rc::new(client);
    let inner = std::rc::Rc::clone(&client);
    let mut is_first = true;
    let answer = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
        if std::mem::take(&mut is_first) {
            inner.broadcast(room, "echo", "{}", false);
        }
    });
    let function: &Function = answer.as_ref().unchecked_ref();
    Reflect::set(sink.as_ref(), &"onsettle".into(), function).unwrap();
    client.broadcast(room, "first", "{}", false);
    settle().await;
    let sent: Vec<String> = socket(&sink).sent().iter().filter_map(|text| text.as_string()).collect();
    let at = |word: &str| sent.iter().position(|text| text.contains(word));
    assert!(at("first").is_some() && at("first") < at("echo"), "{sent:?}");
    Reflect::delete_property(sink.unchecked_ref::<Object>(), &"onsettle".into()).unwrap();
}

#[wasm_bindgen_test]
async fn a_socket_that_throws_breaks_nothing() {
    let (client, sink, room) = joined().await;
    socket(&sink).set_fails(true);
    assert!(client.broadcast(room, "event", "{}", false) > 0);
    settle().await;
    socket(&sink).set_fails(false);
    assert!(client.broadcast(room, "event", "{}", false) > 0);
    settle().await;
    assert_eq!(called(&sink, "settle"), 2);
}

#[wasm_bindgen_test]
async fn closing_and_freeing_in_one_breath_closes_the_socket() {
    let (client, sink, _) = joined().await;
    client.close();
    drop(client);
    settle().await;
    assert_eq!(socket(&sink).ready_state(), 3);
    let calls = sink.calls().length();
    socket(&sink).reply(0);
    assert_eq!(sink.calls().length(), calls, "a dropped socket is silent");
}

#[wasm_bindgen_test]
async fn a_token_is_asked_for_and_given() {
    let sink = FakeSink::new();
    let own: JsValue = AsRef::<JsValue>::as_ref(&sink).clone();
    let options = OPTIONS.replace("\"key\"", "\"asksTokens\":true,\"key\"");
    let client = RawClient::new(&options, own.unchecked_into()).ok().unwrap();
    let room = client.channel("room", "{}") as u32;
    client.subscribe(room);
    settle().await;
    socket(&sink).open();
    assert_eq!((called(&sink, "askToken"), socket(&sink).sent().length()), (1, 0));
    client.token(1, String::from("e30.e30.x"), false);
    assert!(socket(&sink).sent().get(0).as_string().unwrap().contains("\"access_token\":\"e30.e30.x\""));
}
