//! What an answer's status and type ask for.

use super::config::Manner;
use super::effect::FaultCode;

/// What to do about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Read its body.
    Open,
    /// Ask the page for fresh headers once, then give up.
    Refresh,
    /// Try again later; `Retry-After` counts.
    Retry(FaultCode),
    /// Never try again.
    Stop(FaultCode),
}

/// The answer table. The body of an answer that is not opened is never parsed.
pub fn answer(manner: Manner, status: u16, event_stream: bool) -> Answer {
    if status == 200 {
        return if event_stream { Answer::Open } else { Answer::Stop(FaultCode::NotEventStream) };
    }
    match (manner, status) {
        (_, 204) => Answer::Stop(FaultCode::NoContent),
        (Manner::Standard, _) => Answer::Stop(FaultCode::Status),
        (_, 401) => Answer::Refresh,
        (_, 408 | 425 | 429 | 500..=599) => Answer::Retry(FaultCode::Unavailable),
        _ => Answer::Stop(FaultCode::Status),
    }
}

/// Whether a `Content-Type` is `text/event-stream`, whatever its parameters. Of several, the last valid one counts
/// (Fetch, "extract a MIME type").
pub fn is_event_stream(content_type: &str) -> bool {
    // Bytes and slices of them: what `str` has for searching is larger than this whole file.
    let mut found = false;
    for one in content_type.as_bytes().split(|byte| *byte == b',') {
        let essence = one.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_valid = essence.iter().position(|byte| *byte == b'/').is_some_and(|at| at > 0 && at + 1 < essence.len());
        if is_valid && essence != b"*/*" {
            found = essence.eq_ignore_ascii_case(b"text/event-stream");
        }
    }
    found
}
