//! What is painted next: elements whose story or asset has another revision than they show.

use core::mem::take;

use super::Assets;
use super::patch::{Op, Patch};
use super::view::{self, Scene};
use crate::core::ids::ElementId;

/// Places in the order that are told apart; what comes later shares the last one. What is out of view has as many behind.
const PLACES: u32 = 16;
/// The rank of progress in view; that out of view is behind it.
const MOVES: u32 = 2 * PLACES;

impl Assets {
    /// Whether there may be something to paint at the next frame.
    pub fn is_dirty(&self) -> bool {
        self.is_stale || self.ranks & ((1 << MOVES) - 1) != 0
    }

    /// Whether there may be something to paint that can wait for others: a progress and nothing else.
    pub fn is_moving(&self) -> bool {
        self.is_moving || self.ranks != 0
    }

    /// The next changes to one element: elements in view first, and among those by the order of assets. Where nothing but
    /// the progress has changed, only if `moves`.
    pub fn next_patch(&mut self, moves: bool) -> Option<Patch> {
        if take(&mut self.is_stale) || moves && take(&mut self.is_moving) {
            self.fill_queue();
        }
        while let Some(element) = self.next_queued(moves) {
            let ops = self.paint(element);
            if !ops.is_empty() {
                return Some(Patch { element, ops });
            }
        }
        None
    }

    /// Collects the elements whose story or asset has another revision than they show.
    fn fill_queue(&mut self) {
        self.queue.clear();
        (self.ranks, self.at) = (0, 0);
        for mounted in &self.elements {
            let Some(story) = self.stories.get(mounted.story) else { continue };
            let asset = mounted.asset.and_then(|at| story.assets.get(at));
            let is_new = mounted.touched || mounted.seen != (story.revision, asset.map_or(0, |asset| asset.revision));
            if !is_new && asset.is_none_or(|asset| asset.progress == mounted.progress) {
                continue;
            }
            let is_behind = !mounted.visible && asset.is_some();
            let rank = if is_new {
                let place = match (mounted.shape.priority, asset) {
                    (Some(priority), _) => u64::from(priority),
                    (None, Some(asset)) => self.config.rank(&asset.name),
                    (None, None) => 0,
                };
                PLACES * u32::from(is_behind) + place.min(u64::from(PLACES - 1)) as u32
            } else {
                MOVES + u32::from(is_behind)
            };
            self.ranks |= 1 << rank;
            self.queue.push((rank, mounted.id));
        }
    }

    fn next_queued(&mut self, moves: bool) -> Option<ElementId> {
        while self.ranks != 0 && (moves || self.ranks.trailing_zeros() < MOVES) {
            while let Some((rank, id)) = self.queue.get(self.at).copied() {
                self.at += 1;
                if rank == self.ranks.trailing_zeros() {
                    return Some(id);
                }
            }
            self.ranks &= self.ranks - 1;
            self.at = 0;
        }
        None
    }

    /// The changes that bring an element up to date, which it is from then on.
    fn paint(&mut self, id: ElementId) -> Vec<Op> {
        let Ok(at) = self.find(id) else { return Vec::new() };
        let Some(element) = self.elements.get_mut(at) else { return Vec::new() };
        let Some(story) = self.stories.get(element.story) else { return Vec::new() };
        let asset = element.asset.and_then(|at| story.assets.get(at));
        let progress = asset.and_then(|asset| asset.progress);
        let (story_at, asset_at) = (element.story, element.asset);
        let seen = (story.revision, asset.map_or(0, |asset| asset.revision));
        if !element.touched
            && element.seen == seen
            && let (Some(progress), Some(look)) = (progress, &mut element.painted)
            && look.advance(progress)
        {
            // By far the most patches are this one, so it crosses to the page as two numbers.
            element.progress = Some(progress);
            return vec![Op::Progress(progress)];
        }
        let element = &*element;
        let (ops, look) = match asset {
            None => (view::story_ops(story), None),
            Some(asset) => {
                let eager = self.first_picture == Some(id);
                let scene = Scene { config: &self.config, story, asset, element, eager };
                let look = scene.look();
                (scene.ops(element.painted, look, asset.unsaid), Some(look))
            }
        };
        if let Some(element) = self.elements.get_mut(at) {
            element.touched = false;
            (element.seen, element.progress) = (seen, progress);
            element.painted = look;
            element.given = look.map_or(0, |look| look.content()).max(element.given);
        }
        let said = self.stories.get_mut(story_at).and_then(|story| story.assets.get_mut(asset_at?));
        if let Some(asset) = said {
            asset.unsaid = None;
        }
        ops
    }
}
