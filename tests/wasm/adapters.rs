//! The small adapters: the clock, the timer, listeners.

use std::cell::Cell;
use std::rc::Rc;

use storywire::browser::clock::Clock;
use storywire::browser::listener::Listener;
use storywire::browser::timer::Timer;
use storywire::core::base::Millis;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget};

use super::support::pause;

#[wasm_bindgen_test]
async fn the_timer_fires_once_for_the_last_wish() {
    let (clock, fired) = (Clock::new(), Rc::new(Cell::new(0)));
    let mut timer = Timer::default();
    for wait in [500, 5, 20] {
        let fired = Rc::clone(&fired);
        timer.arm(clock.now(), Some(clock.now() + Millis(wait)), move || fired.set(fired.get() + wait));
    }
    pause(80).await;
    assert_eq!(fired.get(), 20);
}

#[wasm_bindgen_test]
async fn a_dropped_timer_is_silent() {
    let (clock, fired) = (Clock::new(), Rc::new(Cell::new(false)));
    let mut timer = Timer::default();
    let flag = Rc::clone(&fired);
    timer.arm(clock.now(), Some(clock.now() + Millis(5)), move || flag.set(true));
    drop(timer);
    pause(40).await;
    assert!(!fired.get());
}

#[wasm_bindgen_test]
async fn the_clock_goes_on_and_starts_at_the_walls_time() {
    let clock = Clock::new();
    let first = clock.now();
    assert!(first.0.abs_diff(js_sys::Date::now() as u64) < 1_000);
    pause(20).await;
    let passed = clock.now() - first;
    assert!((15..2_000).contains(&passed.0), "{passed:?}");
}

#[wasm_bindgen_test]
fn a_dropped_listener_hears_nothing() {
    let target = EventTarget::new().unwrap();
    let heard = Rc::new(Cell::new(0));
    let count = Rc::clone(&heard);
    let listener = Listener::new(&target, "ping", move |_| count.set(count.get() + 1));
    target.dispatch_event(&Event::new("ping").unwrap()).unwrap();
    drop(listener);
    target.dispatch_event(&Event::new("ping").unwrap()).unwrap();
    assert_eq!(heard.get(), 1);
}
