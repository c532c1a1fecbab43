//! What the browser's tests share.

/// Lets the browser work for a while: timers here are the browser's own.
pub(crate) async fn pause(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}
