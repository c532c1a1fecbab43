//! One asset of one story: what is known of it, and which news about it counts.

use super::config::AssetConfig;
use super::reading::{Content, LIST, Oddities, Reading, TEXT, TRACK, URL, is_something};
use super::source::is_allowed;
use super::status::{Oddity, RetryOutcome, Status};
use crate::core::base::{Json, Timestamp, is_equal};

/// The most items of one list; further ones are left out.
pub const ITEM_LIMIT: usize = 500;

/// How far a retry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Nobody has asked, or it is over.
    Idle,
    /// The server has been asked.
    Asking,
    /// The server refused, or could not be asked.
    Settled(RetryOutcome),
}

/// What is known of one asset.
///
/// Which news counts is a total order, so that the order in which news arrives does not matter: ready with content
/// beats everything else, and among equals the newer version wins. Writers of the field read, change and write back
/// one column, so a writer can undo another one's `ready`; that is why it is kept. A retry opens the door: from then on
/// everything newer than what was known at that moment counts.
pub struct Asset {
    pub(super) name: String,
    /// What the backend calls it.
    pub(super) raw: String,
    pub(super) status: Status,
    pub(super) progress: Option<u8>,
    pub(super) content: Content,
    version: Timestamp,
    /// Nothing below this version counts; set by a retry.
    floor: Timestamp,
    /// What it was then. Of that version only what says something else counts, since a row may have a version that nobody
    /// ever sets again.
    before: Option<Status>,
    /// Whether a retry has let `ready` fall back.
    open: bool,
    /// The address before the retry: it is no sign that the retry is done.
    stale: String,
    pub(super) retry: Retry,
    /// Whether a row told of it. The page alone may have asked for it.
    pub(super) listed: bool,
    /// The state that was merged last, as it stands in the row, if merging it again would change nothing; or else empty.
    told: String,
    /// Whether a row gave it a status, rather than its parts.
    pub(super) has_status: bool,
    /// The asset that this one is a part of, and which part.
    pub(super) part_of: Option<(String, usize)>,
    /// Grows with every change that can be seen, but for the progress.
    pub(super) revision: u32,
    /// The revision that was last told.
    pub(super) told_revision: u32,
    /// A change waits to be told.
    pub(super) untold: bool,
    /// Grows with every change of the content.
    pub(super) content_revision: u32,
    /// Grows with every step of a retry.
    pub(super) retry_revision: u32,
    /// The key of a sentence that a screen reader has still to be told.
    pub(super) unsaid: Option<&'static str>,
}

impl Asset {
    pub(super) fn new(config: &AssetConfig, name: &str) -> Asset {
        Asset {
            name: name.to_owned(),
            raw: name.to_owned(),
            status: Status::Pending,
            progress: Some(0),
            content: Content::default(),
            version: Timestamp(0),
            floor: Timestamp(0),
            before: None,
            open: false,
            stale: String::new(),
            retry: Retry::Idle,
            listed: false,
            told: String::new(),
            has_status: false,
            part_of: config.part_of(name).map(|(group, number)| (group.to_owned(), number)),
            revision: 1,
            told_revision: 1,
            untold: false,
            content_revision: 1,
            retry_revision: 1,
            unsaid: None,
        }
    }

    /// The page's name for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// 0 to 100; `None` is unknown. A pending asset is at 0, a ready one at 100.
    pub fn progress(&self) -> Option<u8> {
        self.progress
    }

    /// Where its content is, checked; empty if there is none.
    pub fn url(&self) -> &str {
        self.part(URL)
    }

    /// Its text; empty if there is none.
    pub fn text(&self) -> &str {
        self.part(TEXT)
    }

    /// Its list, as the JSON array that the row had; empty if there is none.
    pub fn list(&self) -> &str {
        self.part(LIST)
    }

    /// Where its captions are, checked; empty if there are none.
    pub fn track(&self) -> &str {
        self.part(TRACK)
    }

    fn part(&self, at: usize) -> &str {
        self.content.get(at).map_or("", String::as_str)
    }

    /// Whether a row told of it.
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// The version of what is shown.
    pub fn version(&self) -> Timestamp {
        self.version
    }

    /// Takes in what a row says, if it counts; says whether that changed anything. `row_version` stands in where the
    /// asset has no version of its own; version 0 is unknown, and then the order of arrival counts.
    pub(super) fn merge(
        &mut self,
        config: &AssetConfig,
        mut reading: Reading,
        row_version: Timestamp,
        odd: &mut Oddities,
    ) -> bool {
        let unknown = Timestamp(0);
        let version = if reading.version == unknown { row_version } else { reading.version };
        let is_known = version != unknown;
        if is_known && version < self.floor {
            return false;
        }
        let status = self.check(config, &mut reading, odd);
        if is_known && version == self.floor {
            if self.before == Some(status) {
                return false;
            }
            self.before = None;
        }
        let lasts = status == Status::Ready && is_something(&reading.content);
        let counts = match (self.status == Status::Ready && is_something(&self.content) && !self.open, lasts) {
            (true, false) => false,
            (false, true) => true,
            _ => !is_known || version >= self.version,
        };
        if !counts {
            return false;
        }
        let same_run = self.status == status && (!is_known || version == self.version);
        let progress = match status {
            Status::Pending => Some(reading.progress.unwrap_or(0)),
            Status::Generating if same_run => self.progress.max(reading.progress),
            Status::Generating => reading.progress,
            Status::Ready => Some(100),
            Status::Failed => None,
        };
        if is_known {
            self.version = version;
        }
        self.raw = reading.raw;
        self.told = reading.told;
        self.has_status |= reading.status.is_some();
        if lasts {
            self.open = false;
        }
        let is_first = !std::mem::replace(&mut self.listed, true);
        let mut is_new_content = false;
        // What the row does not say stays.
        for (old, new) in self.content.iter_mut().zip(reading.content) {
            if !new.is_empty() && *old != new {
                *old = new;
                is_new_content = true;
            }
        }
        if is_new_content {
            self.content_revision += 1;
            self.check_list(config, odd);
        }
        let is_new = self.set(status, progress, !is_first);
        if is_new_content || is_first {
            self.revision += 1;
        }
        is_new_content || is_new || is_first
    }

    /// Whether this state of that name is the one that it was told last.
    pub(super) fn was_told(&self, raw: &str, state: Json<'_>) -> bool {
        is_equal(self.told.as_bytes(), state.text().as_bytes()) && self.raw == raw
    }

    /// Sets the status and the progress; says whether they are new. `is_live`: the visitor has seen what was before.
    pub(super) fn set(&mut self, status: Status, progress: Option<u8>, is_live: bool) -> bool {
        if self.status == status && self.progress == progress {
            return false;
        }
        if self.status != status {
            self.set_retry(Retry::Idle);
            self.unsaid = match status {
                Status::Ready if is_live => Some("said"),
                Status::Failed if is_live => Some("failed"),
                _ => None,
            };
            self.revision += 1;
        }
        self.status = status;
        self.progress = progress;
        true
    }

    /// A retry has been asked for. `false` if one is under way already.
    pub(super) fn start_retry(&mut self) -> bool {
        if self.retry == Retry::Asking {
            return false;
        }
        self.told.clear();
        self.floor = self.version;
        self.before = Some(self.status);
        self.open = true;
        self.stale = self.url().to_owned();
        self.set_retry(Retry::Asking);
        true
    }

    /// The retry is over. News that came meanwhile stands; otherwise the asset begins again, or stays what it was.
    pub(super) fn settle_retry(&mut self, outcome: RetryOutcome) {
        // What was said before may count again.
        self.told.clear();
        if outcome == RetryOutcome::Retried {
            if matches!(self.status, Status::Ready | Status::Failed) && self.open {
                self.set(Status::Pending, Some(0), true);
            }
            self.set_retry(Retry::Idle);
        } else if matches!(self.status, Status::Ready | Status::Failed)
            && (outcome.code() != "retry" || self.retry != Retry::Asking)
        {
            self.open = false;
            self.unsaid = Some(outcome.code());
            self.set_retry(Retry::Settled(outcome));
        }
    }

    fn set_retry(&mut self, retry: Retry) {
        if self.retry != retry {
            self.retry = retry;
            self.retry_revision += 1;
            self.revision += 1;
        }
    }

    /// Takes out of the reading what may not be shown, and says what status is left.
    ///
    /// A column that holds content says ready even where the status does not (yet, or no longer): columns are written
    /// whole and once, the status by read, change and write back.
    fn check(&self, config: &AssetConfig, reading: &mut Reading, odd: &mut Oddities) -> Status {
        let [url, track, text, list] = &mut reading.content;
        if self.open && *url == self.stale && reading.status != Some(Status::Ready) {
            url.clear();
        }
        let mut is_refused = false;
        for url in [track, &mut *url] {
            is_refused = !url.is_empty() && !is_allowed(config, url, config.medium(&self.name, url));
            if is_refused {
                odd.push((self.name.clone(), Oddity::BadUrl, std::mem::take(url)));
            }
        }
        if is_refused && reading.status.is_none_or(|status| status == Status::Ready) {
            return Status::Failed;
        }
        if !url.is_empty() || !text.is_empty() {
            return Status::Ready;
        }
        match (reading.status, Json::parse(list)) {
            (Some(status), _) => status,
            (None, None) => self.status,
            (None, Some(list)) if list.items().any(is_blank) => Status::Generating,
            (None, Some(_)) => Status::Ready,
        }
    }

    /// Reports what of the list will not be shown.
    fn check_list(&self, config: &AssetConfig, odd: &mut Oddities) {
        let Some(list) = Json::parse(self.list()) else { return };
        for (at, item) in list.items().enumerate() {
            if at == ITEM_LIMIT {
                odd.push((self.name.clone(), Oddity::TooMany, String::new()));
                break;
            }
            let url = item.get("url").unwrap_or(item).as_str().unwrap_or_default();
            let medium = config.medium(&self.name, &url);
            if medium.is_picture() && !url.is_empty() && !is_allowed(config, &url, medium) {
                odd.push((self.name.clone(), Oddity::BadUrl, url.into_owned()));
            }
        }
    }
}

/// Whether an item of a list is only the place of one to come.
pub(super) fn is_blank(item: Json<'_>) -> bool {
    item.is_null() || item.as_str().is_some_and(|text| text.trim_ascii().is_empty())
}
