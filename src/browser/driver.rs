//! Carries events into the core and effects out of it. The only `Rc` of the client; closures hold a `Weak`.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

use super::clock::Clock;
use super::dom::{Dom, DomEvent};
use super::page::{Page, is_hidden, is_offline};
use super::sink::Sink;
use super::text::TextBuffer;
use super::timer::Timer;
use super::websocket::{Socket, SocketReport};
use crate::core::asset::{AssetChange, Patch};
use crate::core::base::{Instant, Millis, Queue};
use crate::core::effect::{Effect, Notice};
use crate::core::ids::{RequestId, SocketId, TokenRequest};
use crate::core::input::{Answer, Input, PageEvent, SocketEvent, TokenAnswer};
use crate::core::{Client, WHOLE};

/// An event of the browser, in the order in which it was told.
pub enum Event {
    /// The timer fired, or a command wants its effects performed.
    Timeout,
    /// Of a socket.
    Socket(SocketId, SocketReport),
    /// Of the page.
    Page(PageEvent),
    /// Of `accessToken`: a token, nobody, or a failure.
    Token(TokenRequest, Result<Option<String>, ()>),
    /// The end of a read: the HTTP status (0 if there was no answer), the seconds to wait, the whole body.
    Answer(RequestId, u16, Option<u32>, String),
    /// Of an element.
    Dom(DomEvent),
    /// A frame: what has changed is painted.
    Frame,
}

/// One client in one page.
pub struct Driver {
    /// Borrowed for one call, never while an effect is performed.
    client: RefCell<Client>,
    clock: Clock,
    sink: Sink,
    inbox: RefCell<Queue<Event>>,
    text: RefCell<TextBuffer>,
    socket: RefCell<Option<(SocketId, Socket)>>,
    timer: RefCell<Timer>,
    page: RefCell<Option<Page>>,
    dom: RefCell<Option<Dom>>,
    /// What the next frame runs.
    frame: RefCell<Option<Closure<dyn FnMut()>>>,
    pumping: Cell<bool>,
    scheduled: Cell<bool>,
    /// What the microtask runs.
    pump: RefCell<Option<Closure<dyn FnMut()>>>,
    this: Weak<Driver>,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(task: &Function);
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function);
    #[wasm_bindgen(js_name = requestAnimationFrame)]
    fn request_frame(callback: &Function);
}

/// How long one frame may be spent on painting; what is left over comes with the next.
const FRAME: Millis = Millis(4);

impl Driver {
    /// Puts a client into the page.
    pub fn new(client: Client, clock: Clock, sink: Sink) -> Rc<Driver> {
        let driver = Rc::new_cyclic(|this| Driver {
            client: RefCell::new(client),
            clock,
            sink,
            inbox: RefCell::default(),
            text: RefCell::default(),
            socket: RefCell::default(),
            timer: RefCell::default(),
            page: RefCell::default(),
            dom: RefCell::default(),
            frame: RefCell::default(),
            pumping: Cell::new(false),
            scheduled: Cell::new(false),
            pump: RefCell::default(),
            this: Weak::clone(this),
        });
        let weak = Rc::downgrade(&driver);
        *driver.pump.borrow_mut() = Some(Closure::new(move || {
            if let Some(driver) = weak.upgrade() {
                driver.scheduled.set(false);
                driver.dispatch(Event::Timeout);
            }
        }));
        let weak = Rc::downgrade(&driver);
        *driver.frame.borrow_mut() = Some(Closure::new(move || dispatch(&weak, Event::Frame)));
        let weak = Rc::downgrade(&driver);
        *driver.page.borrow_mut() = Some(Page::listen(move |event| dispatch(&weak, Event::Page(event))));
        if is_offline() {
            driver.dispatch(Event::Page(PageEvent::Offline));
        }
        driver
    }

    /// The present moment.
    #[inline(never)]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The core, for one command; to be followed by [`Driver::schedule`]. Effects are performed in a microtask: the caller
    /// holds what the command returned before anything comes of it, and ten commands cost one round.
    pub fn client(&self) -> RefMut<'_, Client> {
        self.client.borrow_mut()
    }

    /// Performs the effects of a command soon. Not generic, since each export calls it.
    #[inline(never)]
    pub fn schedule(&self) {
        if !self.scheduled.replace(true)
            && let Some(pump) = &*self.pump.borrow()
        {
            queue_microtask(pump.as_ref().unchecked_ref());
        }
    }

    /// Keeps the elements below `root` true. A client has one root; another one takes its place.
    pub fn observe(&self, root: &Element) {
        let weak = Weak::clone(&self.this);
        let make = |tell: &wasm_bindgen::JsValue| self.sink.page(root, tell);
        let dom = Dom::new(make, move |event| dispatch(&weak, Event::Dom(event)));
        drop(self.dom.replace(Some(dom)));
        if let Some(dom) = &*self.dom.borrow() {
            dom.scan();
        }
    }

    /// Takes in an event and performs what follows. An event that comes while effects are performed waits its turn.
    pub fn dispatch(&self, event: Event) {
        self.inbox.borrow_mut().push(event);
        if self.pumping.replace(true) {
            return;
        }
        loop {
            let effect = self.client.borrow_mut().poll_effect();
            if let Some(effect) = effect {
                self.perform(effect);
                continue;
            }
            let event = self.inbox.borrow_mut().pop();
            let Some(event) = event else { break };
            self.take_in(&event);
        }
        self.arm();
        self.pumping.set(false);
    }

    fn take_in(&self, event: &Event) {
        let now = self.now();
        let mut client = self.client.borrow_mut();
        match event {
            Event::Timeout => client.handle_input(now, Input::Timeout),
            Event::Page(event) => client.handle_input(now, Input::Page(*event)),
            Event::Socket(socket, report) => {
                let mut text = self.text.borrow_mut();
                let event = match report {
                    SocketReport::Opened => SocketEvent::Opened,
                    SocketReport::Text(source) => SocketEvent::Text(text.read(source)),
                    SocketReport::Binary(bytes) => SocketEvent::Binary(bytes),
                    SocketReport::Closed(code) => SocketEvent::Closed(*code),
                };
                client.handle_input(now, Input::Socket(*socket, event));
            }
            Event::Token(request, answer) => {
                let answer = match answer {
                    Ok(Some(token)) => TokenAnswer::Token(token),
                    Ok(None) => TokenAnswer::Nobody,
                    Err(()) => TokenAnswer::Failed,
                };
                client.handle_input(now, Input::Token(*request, answer));
            }
            Event::Answer(request, status, retry_after, body) => {
                let answer = Answer { status: *status, retry_after: *retry_after, body };
                client.handle_input(now, Input::Answer(*request, answer));
            }
            Event::Dom(event) => {
                match event {
                    DomEvent::Mounted { element, story, asset, shape } => client.mount(*element, story, asset, *shape),
                    DomEvent::StoryMounted { element, story } => client.mount_story(*element, story),
                    DomEvent::Unmounted(element) => client.unmount(*element),
                    DomEvent::Visible(element, visible) => client.set_visible(*element, *visible),
                    DomEvent::Loaded(element) => client.content_settled(*element, true),
                    DomEvent::Failed(element) => client.content_settled(*element, false),
                    DomEvent::RetryClicked(element) => client.retry_clicked(*element),
                    DomEvent::Stray => self.sink.stray(),
                }
                drop(client);
                // Elements come in crowds: what follows from them is found once for all.
                self.schedule();
            }
            Event::Frame => {
                drop(client);
                self.paint();
            }
        }
    }

    fn paint(&self) {
        let start = self.now();
        let mut spent = Millis(0);
        let dom = self.dom.borrow();
        if let Some(dom) = &*dom {
            dom.begin();
        }
        while spent < FRAME
            && let Some(patch) = self.next_patch()
        {
            if let Some(dom) = &*dom {
                dom.apply(&patch);
            }
            spent = self.now() - start;
        }
        if let Some(dom) = &*dom {
            dom.end();
        }
        drop(dom);
        self.client.borrow_mut().end_frame(self.now(), spent);
    }

    fn next_patch(&self) -> Option<Patch> {
        self.client.borrow_mut().next_patch()
    }

    /// Asks for a frame; a hidden page gets none, so there a timer does.
    fn ask_frame(&self) {
        if let Some(frame) = &*self.frame.borrow() {
            let frame = frame.as_ref().unchecked_ref();
            if is_hidden() { set_timeout(frame) } else { request_frame(frame) }
        }
    }

    /// Tells the page of a change, by the sink and at the elements.
    fn tell(&self, change: &AssetChange) {
        let (name, detail, elements) = self.sink.describe(change, &self.client.borrow());
        self.sink.asset(&detail);
        if let Some(dom) = &*self.dom.borrow() {
            for element in elements {
                dom.dispatch(element, name, &detail, false);
            }
        }
    }

    fn arm(&self) {
        let wanted = self.client.borrow().next_timeout().map(|deadline| deadline.at);
        let weak = Weak::clone(&self.this);
        self.timer.borrow_mut().arm(self.now(), wanted, move || {
            if let Some(driver) = weak.upgrade() {
                driver.timer.borrow_mut().fired();
                driver.dispatch(Event::Timeout);
            }
        });
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket(socket, url) => self.open_socket(socket, &url),
            Effect::SendText(socket, text) => self.with_socket(socket, |open| open.send_text(&text)),
            Effect::SendBinary(..) | Effect::Settle(..) if !WHOLE => {}
            Effect::SendBinary(socket, bytes) => self.with_socket(socket, |open| open.send_bytes(&bytes)),
            Effect::CloseSocket(socket) => {
                self.socket.borrow_mut().take_if(|(open, _)| *open == socket);
            }
            Effect::AskToken(request) => self.sink.ask_token(request.0),
            Effect::Read { request, url, schema, token } => self.sink.read(request.0, &url, &schema, token.as_deref()),
            Effect::AbortRead(request) => self.sink.abort_read(request.0),
            Effect::Settle(push, outcome) => self.sink.settle_push(push, &outcome),
            Effect::Notify(Notice::Asset(change)) => self.tell(&change),
            Effect::Notify(notice) => self.sink.notify(&notice),
            Effect::Retry(retry) => self.sink.retry(&retry.story, &retry.asset, &retry.types.join(" ")),
            Effect::Paint => self.ask_frame(),
        }
    }

    fn open_socket(&self, id: SocketId, url: &str) {
        let opened = self.sink.socket(url);
        let Ok(socket) = opened else {
            self.inbox.borrow_mut().push(Event::Socket(id, SocketReport::Closed(1006)));
            return;
        };
        let weak = Weak::clone(&self.this);
        let socket = Socket::adopt(socket, move |report| dispatch(&weak, Event::Socket(id, report)));
        if socket.is_open() {
            self.inbox.borrow_mut().push(Event::Socket(id, SocketReport::Opened));
        } else if socket.is_closed() {
            self.inbox.borrow_mut().push(Event::Socket(id, SocketReport::Closed(1006)));
        }
        *self.socket.borrow_mut() = Some((id, socket));
    }

    fn with_socket(&self, id: SocketId, send: impl FnOnce(&Socket)) {
        if let Some((open, socket)) = &*self.socket.borrow()
            && *open == id
        {
            send(socket);
        }
    }
}

fn dispatch(driver: &Weak<Driver>, event: Event) {
    if let Some(driver) = driver.upgrade() {
        driver.dispatch(event);
    }
}
