//! The closed words of this part: what an asset is, what a story is, what stands in the way, what came of a retry.

/// What an asset is. Every word of every backend is one of these four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody works on it yet.
    Pending,
    /// It is being made.
    Generating,
    /// It is there.
    Ready,
    /// It will not come unless somebody asks again.
    Failed,
}

impl Status {
    /// The word in attributes, events and settings.
    pub fn code(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Generating => "generating",
            Status::Ready => "ready",
            Status::Failed => "failed",
        }
    }

    /// The status whose code is `code`, exactly.
    pub fn from_code(code: &str) -> Option<Status> {
        [Status::Pending, Status::Generating, Status::Ready, Status::Failed].into_iter().find(|one| one.code() == code)
    }
}

/// What a story is as a whole. Derived from its assets; what a row says about it is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overall {
    /// Nothing has begun, or nothing is known yet.
    Pending,
    /// Some assets run, or some are ready and others have not begun.
    Generating,
    /// Some assets failed, others did not.
    Partial,
    /// All assets are ready.
    Completed,
    /// All assets failed.
    Failed,
}

impl Overall {
    /// The word in attributes and events.
    pub fn code(self) -> &'static str {
        match self {
            Overall::Pending => "pending",
            Overall::Generating => "generating",
            Overall::Partial => "partial",
            Overall::Completed => "completed",
            Overall::Failed => "failed",
        }
    }

    /// Sums up the statuses of a story's assets.
    pub fn of(statuses: &mut dyn Iterator<Item = Status>) -> Overall {
        let (mut all, mut pending, mut ready, mut failed) = (0, 0, 0, 0);
        for status in statuses {
            all += 1;
            match status {
                Status::Pending => pending += 1,
                Status::Generating => {}
                Status::Ready => ready += 1,
                Status::Failed => failed += 1,
            }
        }
        if pending == all {
            Overall::Pending
        } else if ready == all {
            Overall::Completed
        } else if failed == all {
            Overall::Failed
        } else if failed > 0 {
            Overall::Partial
        } else {
            Overall::Generating
        }
    }
}

/// Why a story shows its last good state and not the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No row has this id, or none that this visitor may see.
    UnknownStory,
    /// The server refuses this visitor.
    NoPermission,
    /// The server cannot be reached; it is asked again.
    Unreachable,
    /// The row is not what a story is.
    Unreadable,
}

impl Problem {
    /// The word in `data-story-problem`, and the key of its text.
    pub fn code(self) -> &'static str {
        match self {
            Problem::UnknownStory => "unknown-story",
            Problem::NoPermission => "no-permission",
            Problem::Unreachable => "unreachable",
            Problem::Unreadable => "unreadable",
        }
    }
}

/// What came of a retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryOutcome {
    /// The server starts again: the asset is pending from here on, and older news about it is void.
    Retried,
    /// The server found nothing to retry.
    Nothing,
    /// 402: this needs another plan. `upgrade` is the address of the plans, if the server names one.
    Payment {
        /// Checked before it is shown.
        upgrade: Option<String>,
    },
    /// 429: too many. `seconds` is what `Retry-After` says.
    Wait {
        /// Seconds from now; 0: that time is over.
        seconds: u32,
    },
    /// The request failed in any other way.
    Failed,
}

impl RetryOutcome {
    /// The key of the outcome's text.
    pub fn code(&self) -> &'static str {
        match self {
            RetryOutcome::Retried => "retrying",
            RetryOutcome::Nothing => "nothing",
            RetryOutcome::Payment { .. } => "payment",
            RetryOutcome::Wait { seconds: 0 } => "retry",
            RetryOutcome::Wait { .. } => "wait",
            RetryOutcome::Failed => "retry-failed",
        }
    }
}

/// What the page did not expect of a row. Each is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A status word that no table knows; it counts as pending.
    UnknownStatus,
    /// A progress that is no number from 0 to 100; it counts as unknown.
    BadProgress,
    /// An address of a scheme that is not allowed; the asset counts as failed.
    BadUrl,
    /// More assets or items than a page can bear; the rest is left out.
    TooMany,
}

impl Oddity {
    /// The word in notices.
    pub fn code(self) -> &'static str {
        match self {
            Oddity::UnknownStatus => "unknown-status",
            Oddity::BadProgress => "bad-progress",
            Oddity::BadUrl => "bad-url",
            Oddity::TooMany => "too-many",
        }
    }
}

/// How content comes into an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// As text, never as markup.
    Text,
    /// In an `img`, decoded before it is shown.
    Image,
    /// In an `audio`.
    Audio,
    /// In a `video`.
    Video,
    /// In an `iframe`.
    Frame,
    /// As the `href` of an `a`.
    Link,
    /// As the `src` of a `source`.
    Source,
    /// As the element's background image, decoded before it is shown.
    Background,
}

impl Medium {
    /// The medium that a setting names.
    pub fn from_code(code: &str) -> Option<Medium> {
        let codes = ["text", "image", "audio", "video", "frame", "link", "source", "background"];
        Medium::from_number(codes.iter().position(|one| *one == code)?)
    }

    /// The medium of this place in the list above, counted from 0.
    pub fn from_number(number: usize) -> Option<Medium> {
        use Medium::{Audio, Background, Frame, Image, Link, Source, Text, Video};
        [Text, Image, Audio, Video, Frame, Link, Source, Background].get(number).copied()
    }

    /// Whether the content is a picture: loaded when seen, shown when decoded.
    pub fn is_picture(self) -> bool {
        matches!(self, Medium::Image | Medium::Background)
    }
}
