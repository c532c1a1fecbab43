//! The assets of stories: what they are, which news about them counts, and how they show.
//!
//! Rows come in by [`Assets::apply_row`]; what the page is told comes out by [`Assets::poll_change`] and
//! [`Assets::poll_retry`], oldest first; what the page shows comes out by [`Assets::next_patch`], at the next frame, what
//! can be seen and matters first. Between two frames any number of rows is one patch for an element, or none.

mod change;
mod config;
mod list;
mod paint;
mod patch;
mod progress;
mod reading;
mod record;
mod source;
mod status;
mod story;
mod view;

use core::cell::Cell;
use core::mem::{replace, take};

use super::base::{Json, Queue, Timestamp, same};
use super::ids::ElementId;
pub use change::{AssetChange, RetryRequest};
pub use config::AssetConfig;
pub use patch::{Field, Item, Op, Patch, RetryButton};
pub use progress::percent;
pub use reading::ASSET_LIMIT;
pub use record::{Asset, ITEM_LIMIT};
pub use source::{is_allowed, is_link};
pub use status::{Medium, Oddity, Overall, Problem, RetryOutcome, Status};
use story::Story;
use view::Mounted;
pub use view::Shape;

/// How many stories nobody wants any more are remembered, so that a card that is hidden and shown again is right at
/// once.
const STORY_LIMIT: usize = 64;

/// How many oddities are told in one page load; a backend that sends nothing else would flood the page.
const ODDITY_LIMIT: usize = 64;

/// All stories, all elements, and what is still to be told and painted.
pub struct Assets {
    config: AssetConfig,
    stories: Vec<Story>,
    /// The place of the one that was asked for last.
    found: Cell<usize>,
    /// In the order of their ids.
    elements: Vec<Mounted>,
    changes: Queue<Untold>,
    retries: Queue<RetryRequest>,
    /// What has been told to be odd.
    odd: Vec<(Oddity, String)>,
    /// The picture that is loaded before it is seen.
    first_picture: Option<ElementId>,
    /// Whether something changed since the queue was made.
    is_stale: bool,
    /// Whether a progress did, which can wait for others.
    is_moving: bool,
    /// The elements to paint, with their ranks, and how far the painting is.
    queue: Vec<(u32, ElementId)>,
    /// The ranks that are still to be painted, one bit for each.
    ranks: u64,
    at: usize,
}

/// What is still to be told. The places of a story and an asset, not what they were: what changes ten times before it is told
/// is told once, as it is then, so that a flood makes no queue.
enum Untold {
    Asset(usize, usize),
    Story(usize),
    Odd(AssetChange),
}

impl Assets {
    /// Nothing wanted, nothing known.
    pub fn new(config: AssetConfig) -> Assets {
        Assets {
            config,
            stories: Vec::new(),
            found: Cell::new(0),
            elements: Vec::new(),
            changes: Queue::new(),
            retries: Queue::new(),
            odd: Vec::new(),
            first_picture: None,
            is_stale: false,
            is_moving: false,
            queue: Vec::new(),
            ranks: 0,
            at: 0,
        }
    }

    // What the page wants.

    /// A handle in code wants the story. Each `open` has its `close`.
    pub fn open(&mut self, story: &str) {
        let at = self.enter(story);
        if let Some(story) = self.stories.get_mut(at) {
            story.handles += 1;
        }
    }

    /// A handle in code is done with the story.
    pub fn close(&mut self, story: &str) {
        if let Some(story) = self.stories.iter_mut().find(|one| one.id == story) {
            story.handles = story.handles.saturating_sub(1);
        }
    }

    /// An element shows an asset. Mounting it again means that its content may be gone: everything is painted anew.
    pub fn mount(&mut self, element: ElementId, story: &str, asset: &str, shape: Shape) {
        let story_at = self.enter(story);
        let name = self.config.asset(asset).to_owned();
        let Some(asset_at) = self.stories.get_mut(story_at).and_then(|story| story.asset(&self.config, &name)) else {
            self.report(story_at, &name, Oddity::TooMany, asset);
            return;
        };
        let is_picture = shape.medium.unwrap_or_else(|| self.config.medium(&name, "")).is_picture();
        if is_picture && self.first_picture.is_none() {
            self.first_picture = Some(element);
        }
        self.insert(element, story_at, Some(asset_at), shape);
    }

    /// An element is the container of a story.
    pub fn mount_story(&mut self, element: ElementId, story: &str) {
        let story_at = self.enter(story);
        self.insert(element, story_at, None, Shape::default());
    }

    /// An element has gone, or is no asset any more.
    pub fn unmount(&mut self, element: ElementId) {
        let Ok(at) = self.find(element) else { return };
        let mounted = self.elements.remove(at);
        self.count(mounted.story, -1, if mounted.visible { -1 } else { 0 });
        if self.first_picture == Some(element) {
            self.first_picture = None;
        }
    }

    /// An element has come into view, or has left it.
    pub fn set_visible(&mut self, element: ElementId, visible: bool) {
        let Some(mounted) = self.element_mut(element) else { return };
        if mounted.visible == visible {
            return;
        }
        mounted.visible = visible;
        let story = mounted.story;
        self.count(story, 0, if visible { 1 } else { -1 });
        self.touch(element);
    }

    /// The content of an element has been loaded (and decoded), and is in the page.
    pub fn content_loaded(&mut self, element: ElementId) {
        if let Some(mounted) = self.element_mut(element) {
            mounted.loaded = mounted.given;
            self.touch(element);
        }
    }

    /// The content of an element could not be loaded.
    pub fn content_failed(&mut self, element: ElementId) {
        if let Some(mounted) = self.element_mut(element) {
            mounted.broken = mounted.given;
            self.touch(element);
        }
    }

    /// The stories that a handle or an element wants; those with a handle or in view come first.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        [true, false].into_iter().flat_map(|near| self.wanted_stories(near))
    }

    /// Those of them with a handle or in view, or the others.
    pub(crate) fn wanted_stories(&self, near: bool) -> impl Iterator<Item = &str> {
        let is_one = move |story: &&Story| story.is_wanted() && story.is_near() == near;
        self.stories.iter().filter(is_one).map(|story| story.id.as_str())
    }

    /// Whether a handle or an element wants the story.
    pub(crate) fn is_wanted(&self, story: &str) -> bool {
        self.position(story).and_then(|at| self.stories.get(at)).is_some_and(Story::is_wanted)
    }

    /// Whether a handle wants the story, or one of its elements is in view.
    pub fn is_in_view(&self, story: &str) -> bool {
        self.position(story).and_then(|at| self.stories.get(at)).is_some_and(Story::is_near)
    }

    /// The story's row is followed, or is not any more: what is known of a followed one is not forgotten.
    pub(crate) fn set_followed(&mut self, story: &str, followed: bool) {
        if let Some(story) = self.position(story).and_then(|at| self.stories.get_mut(at)) {
            story.followed = followed;
        }
    }

    // What the server says.

    /// Takes in a row of `stories`, read or changed. `version` is the row's `updated_at` or the commit's timestamp; it
    /// stands in where an asset has no `updatedAt` of its own. Columns that are not there say nothing.
    pub fn apply_row(&mut self, story: &str, row: Json<'_>, version: Timestamp) {
        let Some(at) = self.position(story) else { return };
        let Some(story) = self.stories.get_mut(at) else { return };
        let mut odd = Vec::new();
        let changed = story.apply(&self.config, row, version, &mut odd);
        let is_new = story.sum_up();
        for (asset, oddity, value) in odd {
            self.report(at, &asset, oddity, &value);
        }
        self.tell(at, &changed, is_new);
    }

    /// What keeps a story from being shown as it is now, or nothing any more.
    pub fn set_problem(&mut self, story: &str, problem: Option<Problem>) {
        if let Some(story) = self.position(story).and_then(|at| self.stories.get_mut(at))
            && story.problem != problem
        {
            story.problem = problem;
            story.revision += 1;
            self.is_stale = true;
        }
    }

    // Retry.

    /// A visitor clicked the retry button of an element. What could not be loaded is loaded again; what could not be
    /// made is asked for again.
    pub fn retry_clicked(&mut self, element: ElementId) {
        let Some(mounted) = self.element_mut(element) else { return };
        let (story, asset, was_broken) = (mounted.story, mounted.asset, take(&mut mounted.broken));
        self.touch(element);
        let found = self.stories.get(story).and_then(|story| Some((story, story.assets.get(asset?)?)));
        if let Some((story, asset)) = found
            && (was_broken != asset.content_revision || asset.status != Status::Ready)
        {
            let (story, asset) = (story.id.clone(), asset.name.clone());
            self.retry(&story, &asset);
        }
    }

    /// Asks for an asset to be made again, whatever it is now. Nothing happens while that is already being asked.
    pub fn retry(&mut self, story: &str, asset: &str) {
        let Some((at, asset)) = self.locate(story, asset) else { return };
        let Some(story) = self.stories.get_mut(at) else { return };
        let parts = story.failed_parts(asset);
        let Some(main) = story.assets.get_mut(asset) else { return };
        if !main.start_retry() {
            return;
        }
        let name = main.name.clone();
        let mut types = if parts.is_empty() { vec![main.raw.clone()] } else { Vec::new() };
        for at in parts {
            if let Some(part) = story.assets.get_mut(at) {
                part.start_retry();
                types.push(part.raw.clone());
            }
        }
        self.is_stale = true;
        self.retries.push(RetryRequest { story: story.id.clone(), asset: name, types });
    }

    /// What came of a retry.
    pub fn retry_settled(&mut self, story: &str, asset: &str, outcome: RetryOutcome) {
        let Some((at, asset)) = self.locate(story, asset) else { return };
        let Some(story) = self.stories.get_mut(at) else { return };
        let mut changed = story.failed_parts(asset);
        changed.push(asset);
        for at in &changed {
            if let Some(asset) = story.assets.get_mut(*at) {
                asset.settle_retry(outcome.clone());
            }
        }
        // A part that begins again changes what it is a part of.
        story.gather(&self.config, &mut changed);
        let is_new = story.sum_up();
        self.tell(at, &changed, is_new);
    }

    // What comes out.

    /// What the page is to be told next.
    pub fn poll_change(&mut self) -> Option<AssetChange> {
        loop {
            match self.changes.pop()? {
                Untold::Odd(change) => return Some(change),
                Untold::Story(at) => {
                    if let Some(story) = self.stories.get_mut(at)
                        && take(&mut story.untold)
                    {
                        return Some(AssetChange::Story { story: story.id.clone(), overall: story.overall });
                    }
                }
                Untold::Asset(story, at) => {
                    let Some(story) = self.stories.get_mut(story) else { continue };
                    // Another story may have taken its place.
                    if let Some(asset) = story.assets.get_mut(at)
                        && take(&mut asset.untold)
                    {
                        return Some(AssetChange::Asset {
                            story: story.id.clone(),
                            asset: asset.name.clone(),
                            status: asset.status,
                            progress: asset.progress,
                            url: asset.url().to_owned(),
                        });
                    }
                }
            }
        }
    }

    /// The retry that is to be asked for next; its outcome comes back by [`Assets::retry_settled`].
    pub fn poll_retry(&mut self) -> Option<RetryRequest> {
        self.retries.pop()
    }

    /// An asset, if a row or the page has named it.
    pub fn asset(&self, story: &str, asset: &str) -> Option<&Asset> {
        let (story, asset) = self.locate(story, asset)?;
        self.stories.get(story)?.assets.get(asset)
    }

    /// The assets of a story that rows have told of.
    pub fn assets(&self, story: &str) -> impl Iterator<Item = &Asset> {
        let story = self.position(story).and_then(|at| self.stories.get(at));
        story.into_iter().flat_map(|story| &story.assets).filter(|asset| asset.listed)
    }

    /// What a story is as a whole; `None` if nobody ever wanted it.
    pub fn overall(&self, story: &str) -> Option<Overall> {
        self.stories.get(self.position(story)?).map(|story| story.overall)
    }

    /// The elements that show an asset; for the asset `""`, the story's containers.
    pub fn elements(&self, story: &str, asset: &str) -> impl Iterator<Item = ElementId> {
        let story_at = self.position(story);
        let asset_at = self.locate(story, asset).map(|(_, at)| at);
        let of = story_at.and_then(|at| self.stories.get(at));
        let (first, last) = of.map_or((ElementId(0), ElementId(0)), |story| story.span);
        let from = self.elements.partition_point(|one| one.id < first);
        let is_one = move |one: &&Mounted| Some(one.story) == story_at && one.asset == asset_at;
        let span = self.elements.get(from..).unwrap_or_default();
        span.iter().take_while(move |one| one.id <= last).filter(is_one).map(|one| one.id)
    }

    // The index.

    fn position(&self, story: &str) -> Option<usize> {
        // What a row is about is asked for several times in turn.
        let before = self.found.get();
        if self.stories.get(before).is_some_and(|one| same(&one.id, story)) {
            return Some(before);
        }
        let at = self.stories.iter().position(|one| same(&one.id, story))?;
        self.found.set(at);
        Some(at)
    }

    fn locate(&self, story: &str, asset: &str) -> Option<(usize, usize)> {
        let at = self.position(story)?;
        let name = self.config.asset(asset);
        Some((at, self.stories.get(at)?.assets.iter().position(|one| one.name == name)?))
    }

    /// The place of a story, which takes the place of a forgotten one if there are many.
    fn enter(&mut self, id: &str) -> usize {
        if let Some(at) = self.position(id) {
            return at;
        }
        let free = self.stories.iter().position(|story| !story.is_wanted() && !story.followed);
        match free.filter(|_| self.stories.len() >= STORY_LIMIT) {
            Some(at) => {
                if let Some(slot) = self.stories.get_mut(at) {
                    *slot = Story::new(id);
                }
                at
            }
            None => {
                self.stories.push(Story::new(id));
                self.stories.len() - 1
            }
        }
    }

    fn find(&self, element: ElementId) -> Result<usize, usize> {
        self.elements.binary_search_by_key(&element, |mounted| mounted.id)
    }

    fn element_mut(&mut self, element: ElementId) -> Option<&mut Mounted> {
        let at = self.find(element).ok()?;
        self.elements.get_mut(at)
    }

    fn insert(&mut self, id: ElementId, story: usize, asset: Option<usize>, shape: Shape) {
        if let Some(story) = self.stories.get_mut(story) {
            let (first, last) = if story.elements == 0 { (id, id) } else { story.span };
            story.span = (first.min(id), last.max(id));
        }
        // Count first: a story whose only element is mounted again is wanted all the while.
        self.count(story, 1, 0);
        let mut mounted = Mounted::new(id, story, asset, shape);
        match self.find(id) {
            Ok(at) => {
                if let Some(old) = self.elements.get_mut(at) {
                    mounted.visible = old.visible;
                    if (old.story, old.asset) == (story, asset) {
                        (mounted.given, mounted.broken) = (old.given, old.broken);
                    }
                    let old = replace(old, mounted);
                    self.count(old.story, -1, if old.visible { -1 } else { 0 });
                    self.count(story, 0, if old.visible { 1 } else { 0 });
                }
            }
            Err(at) => self.elements.insert(at, mounted),
        }
        self.is_stale = true;
    }

    fn count(&mut self, story: usize, elements: i32, visible: i32) {
        if let Some(story) = self.stories.get_mut(story) {
            story.elements = story.elements.saturating_add_signed(elements);
            story.visible = story.visible.saturating_add_signed(visible);
        }
    }

    fn touch(&mut self, element: ElementId) {
        if let Some(mounted) = self.element_mut(element) {
            mounted.touched = true;
            self.is_stale = true;
        }
    }

    // Telling and painting.

    fn tell(&mut self, story: usize, changed: &[usize], is_new_overall: bool) {
        let Some(of) = self.stories.get_mut(story) else { return };
        for at in changed {
            let Some(asset) = of.assets.get_mut(*at) else { continue };
            // A progress alone has no revision.
            if replace(&mut asset.told_revision, asset.revision) == asset.revision {
                self.is_moving = true;
            } else {
                self.is_stale = true;
            }
            if !replace(&mut asset.untold, true) {
                self.changes.push(Untold::Asset(story, *at));
            }
        }
        if is_new_overall {
            self.is_stale = true;
            if !replace(&mut of.untold, true) {
                self.changes.push(Untold::Story(story));
            }
        }
    }

    fn report(&mut self, story: usize, asset: &str, oddity: Oddity, value: &str) {
        let value = cut(value).to_owned();
        let is_told = self.odd.iter().any(|(one, other)| *one == oddity && *other == value);
        if is_told || self.odd.len() == ODDITY_LIMIT {
            return;
        }
        self.odd.push((oddity, value.clone()));
        let story = self.stories.get(story).map(|story| story.id.clone()).unwrap_or_default();
        self.is_stale = true;
        self.changes.push(Untold::Odd(AssetChange::Odd { story, asset: asset.to_owned(), oddity, value }));
    }
}

/// At most 200 bytes, whole characters.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(200)).unwrap_or_default()
}
