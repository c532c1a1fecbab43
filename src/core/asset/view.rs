//! How an asset shows in one element: a look, compared with the look that is painted, gives the changes.

use super::config::AssetConfig;
use super::list;
use super::patch::{Op, RetryButton};
use super::reading::is_something;
use super::record::{Asset, Retry};
use super::source::is_allowed;
use super::status::{Medium, RetryOutcome, Status};
use super::story::Story;
use crate::core::base::json_write::push_number;
use crate::core::ids::ElementId;

/// What an element is, as far as the rules care.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How content comes into it, if its tag or `data-asset-as` says so.
    pub medium: Option<Medium>,
    /// Whether it holds a `<template>` or a `[data-asset-item]`.
    pub is_list: bool,
    /// `data-asset-priority`: the place in the order, in place of the asset's own; 0 is first.
    pub priority: Option<u8>,
}

/// An element on the page.
pub(super) struct Mounted {
    pub(super) id: ElementId,
    /// The place of its story.
    pub(super) story: usize,
    /// The place of its asset in the story; `None` for the story's own container.
    pub(super) asset: Option<usize>,
    pub(super) shape: Shape,
    pub(super) visible: bool,
    /// The content revision that was last given to the page; 0 is none.
    pub(super) given: u32,
    /// The content revision that the page has decoded and shows.
    pub(super) loaded: u32,
    /// The content revision that the page could not load; 0 is none.
    pub(super) broken: u32,
    /// Whether something about the element itself has changed since it was painted.
    pub(super) touched: bool,
    /// The revisions of story and asset that are painted, and the progress.
    pub(super) seen: (u32, u32),
    pub(super) progress: Option<u8>,
    pub(super) painted: Option<Look>,
}

impl Mounted {
    pub(super) fn new(id: ElementId, story: usize, asset: Option<usize>, shape: Shape) -> Mounted {
        Mounted {
            id,
            story,
            asset,
            shape,
            visible: false,
            given: 0,
            loaded: 0,
            broken: 0,
            touched: true,
            seen: (0, 0),
            progress: None,
            painted: None,
        }
    }
}

/// Everything that decides what an element shows. Equal looks show the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    status: Status,
    progress: Option<u8>,
    skeleton: bool,
    animating: bool,
    error: bool,
    link_off: bool,
    /// Revisions of problem and retry, which decide the words.
    words: (u32, u32),
    /// The content that is shown or being loaded; 0 is none.
    content: u32,
}

impl Look {
    pub(super) fn content(&self) -> u32 {
        self.content
    }

    /// Moves bars that show a progress already; `false`: they show none.
    pub(super) fn advance(&mut self, progress: u8) -> bool {
        let is_known = self.progress.is_some();
        if is_known {
            self.progress = Some(progress);
        }
        is_known
    }
}

/// What an element's look is derived from.
pub(super) struct Scene<'a> {
    pub(super) config: &'a AssetConfig,
    pub(super) story: &'a Story,
    pub(super) asset: &'a Asset,
    pub(super) element: &'a Mounted,
    /// Whether the element is the one that the visitor waits for first.
    pub(super) eager: bool,
}

impl Scene<'_> {
    fn medium(&self) -> Medium {
        self.element.shape.medium.unwrap_or_else(|| self.config.medium(&self.asset.name, self.asset.url()))
    }

    /// Whether the list, rather than one address or text, is what the element shows. Beside a list, an address is that of
    /// a file with the same.
    fn is_list(&self) -> bool {
        let asset = self.asset;
        self.element.shape.is_list
            || (self.element.shape.medium.is_none()
                && asset.text().is_empty()
                && (asset.url().is_empty() || !asset.list().is_empty()))
    }

    fn is_broken(&self) -> bool {
        self.element.broken == self.asset.content_revision
    }

    fn has_content(&self) -> bool {
        is_something(&self.asset.content) || self.story.parts(&self.asset.name).next().is_some()
    }

    /// The look of the element now.
    pub(super) fn look(&self) -> Look {
        let asset = self.asset;
        let element = self.element;
        let is_picture = !self.is_list() && self.medium().is_picture() && !asset.url().is_empty();
        let may_show = self.has_content() && (asset.status == Status::Ready || self.is_list());
        let may_load = may_show && (!is_picture || element.visible || self.eager) && !self.is_broken();
        let broken = self.is_broken() && asset.status == Status::Ready;
        let waits = asset.status == Status::Ready && is_picture && element.loaded != asset.content_revision && !broken;
        Look {
            status: if broken { Status::Failed } else { asset.status },
            progress: if broken { None } else { asset.progress },
            skeleton: waits || matches!(asset.status, Status::Pending | Status::Generating),
            animating: asset.status == Status::Generating,
            error: broken || asset.status == Status::Failed,
            link_off: self.medium() == Medium::Link && asset.status != Status::Ready,
            words: (self.story.problem.map_or(0, |problem| problem as u32 + 1), asset.retry_revision),
            content: match element.painted {
                _ if may_load => asset.content_revision,
                Some(painted) if !self.is_broken() => painted.content,
                _ => 0,
            },
        }
    }

    /// What is to change for an element that looks `old` to look `new`. `unsaid` is told to screen readers.
    pub(super) fn ops(&self, old: Option<Look>, new: Look, unsaid: Option<&'static str>) -> Vec<Op> {
        let config = self.config;
        let mut ops = Vec::new();
        let mut class = |name: &str, was: Option<bool>, on: bool| {
            // A new element may carry classes from its design, or from the element that it was cloned from.
            if was != Some(on) {
                ops.push(Op::Class { names: config.class(name).to_owned(), on });
            }
        };
        class("skeleton", old.map(|old| old.skeleton), new.skeleton);
        class("animating", old.map(|old| old.animating), new.animating);
        class("error", old.map(|old| old.error), new.error);
        let mut attribute = |name: &'static str, is_new: bool, value: Option<String>| {
            if is_new {
                ops.push(Op::Attribute { name, value });
            }
        };
        let code = new.status.code();
        let is_new_status = old.is_none_or(|old| old.status != new.status);
        let is_new_progress = old.is_none_or(|old| old.progress != new.progress);
        let is_new_wait = old.is_none_or(|old| old.skeleton != new.skeleton);
        let is_new_link = old.map_or(new.link_off, |old| old.link_off != new.link_off);
        attribute("data-asset-state", is_new_status, Some(code.to_owned()));
        attribute("aria-busy", is_new_wait, new.skeleton.then(|| "true".to_owned()));
        attribute("aria-disabled", is_new_link, new.link_off.then(|| "true".to_owned()));
        attribute("data-progress", is_new_progress, new.progress.map(number));
        let is_new_text = is_new_status || old.is_none_or(|old| old.words != new.words);
        if is_new_progress || is_new_status {
            let shown = matches!(new.status, Status::Pending | Status::Generating);
            let name = config.name(&self.asset.name).to_owned();
            ops.push(Op::Bar { progress: new.progress, name, text: self.status_text(new.status), shown });
        }
        if is_new_text {
            let yields = new.words.0 == 0
                && matches!(new.status, Status::Pending | Status::Generating)
                && !config.is_own_text(&self.asset.name, code);
            ops.push(Op::Status { text: self.status_text(new.status), state: code, yields });
        }
        if new.content != 0
            && old.is_none_or(|old| old.content != new.content)
            && let Some(op) = self.content()
        {
            ops.push(op);
        }
        if is_new_text && (new.error || old.is_none_or(|old| old.error)) {
            ops.push(Op::Retry(new.error.then(|| self.retry_button())));
        }
        if let Some(key) = unsaid {
            ops.push(Op::Announce(self.outcome_text(key)));
        }
        ops
    }

    /// The words for the state: what stands in the way, what came of a retry, or the state itself.
    fn status_text(&self, status: Status) -> String {
        let name = self.config.name(&self.asset.name);
        let key = match (self.story.problem, status, &self.asset.retry) {
            (Some(problem), Status::Pending | Status::Generating, _) => problem.code(),
            (_, Status::Failed, _) if self.is_broken() => "broken",
            (_, Status::Failed, Retry::Settled(outcome)) if outcome.code() != "retry" => outcome.code(),
            // A link whose text is its status must still have a name.
            (_, Status::Ready, _)
                if self.element.shape.medium == Some(Medium::Link)
                    && !self.config.is_own_text(&self.asset.name, "ready") =>
            {
                return self.open_text();
            }
            (_, status, _) => return self.config.text(&self.asset.name, status.code(), name),
        };
        self.outcome_text(key)
    }

    /// A text in which `{}` is the seconds to wait, or the name of the asset.
    fn outcome_text(&self, key: &str) -> String {
        match &self.asset.retry {
            Retry::Settled(RetryOutcome::Wait { seconds }) if key == "wait" => {
                let mut digits = String::new();
                push_number(&mut digits, u64::from(*seconds));
                self.config.text(&self.asset.name, key, &digits)
            }
            _ => self.config.text(&self.asset.name, key, self.config.name(&self.asset.name)),
        }
    }

    /// What a link to the asset is called.
    fn open_text(&self) -> String {
        let name = self.config.name(&self.asset.name);
        let text = self.config.text(&self.asset.name, "open", name);
        if text.is_empty() { name.to_owned() } else { text }
    }

    fn content(&self) -> Option<Op> {
        let medium = self.medium();
        if self.is_list() {
            return Some(Op::Items { medium, items: list::items(self.config, self.story, self.asset) });
        }
        if !self.asset.text().is_empty() && (medium == Medium::Text || self.asset.url().is_empty()) {
            return Some(Op::Text(self.asset.text().to_owned()));
        }
        // A text that is only an address is a link to it: an address is nothing to read.
        let medium = if medium == Medium::Text { Medium::Link } else { medium };
        // Checked once more: the element may show it by another medium than the asset's own.
        let is_fit = !self.asset.url().is_empty() && is_allowed(self.config, self.asset.url(), medium);
        is_fit.then(|| Op::Source {
            medium,
            url: self.asset.url().to_owned(),
            name: if medium == Medium::Link { self.open_text() } else { self.config.name(&self.asset.name).to_owned() },
            track: self.asset.track().to_owned(),
            eager: self.eager,
        })
    }

    fn retry_button(&self) -> RetryButton {
        let is_asking = self.asset.retry == Retry::Asking;
        let waits = matches!(self.asset.retry, Retry::Settled(RetryOutcome::Wait { seconds: 1.. }));
        let upgrade = match &self.asset.retry {
            Retry::Settled(RetryOutcome::Payment { upgrade: Some(url) })
                if is_allowed(self.config, url, Medium::Link) =>
            {
                Some((self.outcome_text("upgrade"), url.clone()))
            }
            _ => None,
        };
        let label = self.outcome_text(if is_asking { "retrying" } else { "retry" });
        RetryButton { label, pending: is_asking || waits, upgrade }
    }
}

/// The look of a story's own container: its state, and what stands in the way.
pub(super) fn story_ops(story: &Story) -> Vec<Op> {
    vec![
        Op::Attribute { name: "data-story-state", value: Some(story.overall.code().to_owned()) },
        Op::Attribute { name: "data-story-problem", value: story.problem.map(|problem| problem.code().to_owned()) },
    ]
}

fn number(value: u8) -> String {
    let mut text = String::new();
    push_number(&mut text, u64::from(value));
    text
}
