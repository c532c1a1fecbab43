//! One request by `fetch`, and its body as bytes.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Uint8Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, Headers, RequestInit};

use super::driver::Driver;
use crate::core::sse::{Attempt, Input};

#[wasm_bindgen]
extern "C" {
    type Answer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Answer) -> String;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Answer) -> Headers;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Answer) -> Option<Body>;

    type Body;
    #[wasm_bindgen(method, js_name = getReader)]
    fn reader(this: &Body) -> Reader;

    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader) -> js_sys::Promise;

    type Chunk;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Chunk) -> bool;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Chunk) -> Uint8Array;
}

type Callback = Closure<dyn FnMut(JsValue)>;

/// Dropping it aborts the request; nothing more is told of it then.
pub(super) struct FetchRequest(Rc<Request>);

struct Request {
    driver: Weak<Driver>,
    attempt: Attempt,
    is_probe: bool,
    abort: Option<AbortController>,
    reader: RefCell<Option<Reader>>,
    /// They keep the request alive until its last promise has settled, as an aborted one does too: a promise must not
    /// find its callback gone.
    callbacks: RefCell<Option<Callbacks>>,
}

struct Callbacks {
    answered: Callback,
    read: Callback,
    failed: Callback,
}

impl FetchRequest {
    /// Sends the request that `init` describes.
    pub(super) fn open(driver: Weak<Driver>, attempt: Attempt, url: &str, init: &RequestInit) -> FetchRequest {
        FetchRequest::send(driver, attempt, url, init, false)
    }

    /// Asks whether the host answers anything at all, which is all that a page may know of another origin.
    pub(super) fn probe(driver: Weak<Driver>, attempt: Attempt, url: &str) -> FetchRequest {
        let init = RequestInit::new();
        init.set_mode(web_sys::RequestMode::NoCors);
        init.set_cache(web_sys::RequestCache::NoStore);
        FetchRequest::send(driver, attempt, url, &init, true)
    }

    fn send(driver: Weak<Driver>, attempt: Attempt, url: &str, init: &RequestInit, is_probe: bool) -> FetchRequest {
        let abort = AbortController::new().ok();
        init.set_signal(abort.as_ref().map(|abort| abort.signal()).as_ref());
        let request = Rc::new(Request {
            driver,
            attempt,
            is_probe,
            abort,
            reader: RefCell::default(),
            callbacks: RefCell::default(),
        });
        let callback = |then: fn(&Rc<Request>, JsValue)| {
            let request = Rc::clone(&request);
            Callback::new(move |value: JsValue| then(&request, value))
        };
        let callbacks = Callbacks {
            answered: callback(Request::answered),
            read: callback(Request::has_read),
            failed: callback(Request::failed),
        };
        if let Some(driver) = request.driver.upgrade() {
            let _ = driver.sink.fetch(url, init).then2(&callbacks.answered, &callbacks.failed);
        }
        request.callbacks.replace(Some(callbacks));
        FetchRequest(request)
    }

    /// Reads once more.
    pub(super) fn read(&self) {
        self.0.read();
    }
}

impl Drop for FetchRequest {
    fn drop(&mut self) {
        if let Some(abort) = &self.0.abort {
            abort.abort();
        }
    }
}

impl Request {
    fn driver(&self) -> Option<Rc<Driver>> {
        self.driver.upgrade().filter(|driver| driver.is_current(self.attempt))
    }

    fn answered(self: &Rc<Request>, answer: JsValue) {
        let Some(driver) = self.driver() else { return self.end() };
        if self.is_probe {
            driver.handle(Input::Probed { attempt: self.attempt, answered: true });
            return self.end();
        }
        let answer: Answer = answer.unchecked_into();
        let headers = answer.headers();
        let header = |name| headers.get(name).ok().flatten();
        let content_type = header("content-type").unwrap_or_default();
        let retry_after = header("retry-after");
        self.reader.replace(answer.body().map(|body| body.reader()));
        driver.answered(
            answer.url(),
            Input::Answered {
                attempt: self.attempt,
                status: answer.status(),
                content_type: &content_type,
                retry_after: retry_after.as_deref(),
            },
        );
        if self.reader.borrow().is_none() {
            driver.handle(Input::Ended { attempt: self.attempt });
        }
        if self.driver().is_none() {
            self.end();
        }
    }

    fn read(&self) {
        if let (Some(reader), Some(callbacks)) = (&*self.reader.borrow(), &*self.callbacks.borrow()) {
            let _ = reader.read().then2(&callbacks.read, &callbacks.failed);
        }
    }

    fn has_read(self: &Rc<Request>, chunk: JsValue) {
        let Some(driver) = self.driver() else { return self.end() };
        let chunk: Chunk = chunk.unchecked_into();
        if chunk.done() {
            driver.handle(Input::Ended { attempt: self.attempt });
            return self.end();
        }
        driver.bytes(self.attempt, &chunk.value());
        if self.driver().is_none() {
            self.end();
        }
    }

    fn failed(self: &Rc<Request>, _: JsValue) {
        if let Some(driver) = self.driver() {
            let attempt = self.attempt;
            driver.handle(match self.is_probe {
                true => Input::Probed { attempt, answered: false },
                false => Input::Failed { attempt },
            });
        }
        self.end();
    }

    /// No promise is left that could call back.
    fn end(&self) {
        self.callbacks.take();
    }
}
