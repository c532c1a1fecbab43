//! One story: its assets, and what they add up to.

use super::config::AssetConfig;
use super::reading::{self, ASSET_LIMIT, Oddities};
use super::record::Asset;
use super::status::{Oddity, Overall, Problem, Status};
use crate::core::base::{Json, Timestamp};
use crate::core::ids::ElementId;

/// A story that somebody wants, or wanted lately.
pub(super) struct Story {
    pub(super) id: String,
    /// How many handles in code want it.
    pub(super) handles: u32,
    /// How many elements show it, and how many of those can be seen.
    pub(super) elements: u32,
    pub(super) visible: u32,
    /// The first and the last of them: what lies between is looked through, and not the whole page.
    pub(super) span: (ElementId, ElementId),
    /// Its row is followed, so what changes comes, and what stays as it is does not come again.
    pub(super) followed: bool,
    pub(super) assets: Vec<Asset>,
    pub(super) overall: Overall,
    pub(super) problem: Option<Problem>,
    /// Grows with every change of what all of the story's elements show.
    pub(super) revision: u32,
    /// A change of the whole waits to be told.
    pub(super) untold: bool,
}

impl Story {
    pub(super) fn new(id: &str) -> Story {
        Story {
            id: id.to_owned(),
            handles: 0,
            elements: 0,
            visible: 0,
            span: (ElementId(u32::MAX), ElementId(0)),
            followed: false,
            assets: Vec::new(),
            overall: Overall::Pending,
            problem: None,
            revision: 1,
            untold: false,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.handles > 0 || self.elements > 0
    }

    /// Whether a handle wants it, or the visitor sees it.
    pub(super) fn is_near(&self) -> bool {
        self.handles > 0 || self.visible > 0
    }

    /// The place of an asset, which is made if it is not there; `None` beyond the limit.
    pub(super) fn asset(&mut self, config: &AssetConfig, name: &str) -> Option<usize> {
        if let Some(at) = self.assets.iter().position(|asset| asset.name == name) {
            return Some(at);
        }
        if self.assets.len() == ASSET_LIMIT {
            return None;
        }
        self.assets.push(Asset::new(config, name));
        Some(self.assets.len() - 1)
    }

    /// Takes in a row; gives the assets that changed.
    pub(super) fn apply(
        &mut self,
        config: &AssetConfig,
        row: Json<'_>,
        version: Timestamp,
        odd: &mut Oddities,
    ) -> Vec<usize> {
        let column = row.get("asset_generation_status");
        // A column of type text holds the JSON as a string.
        let unquoted = column.and_then(Json::as_str);
        let states = unquoted.as_deref().and_then(Json::parse).or(column);
        let mut read = |skips| reading::read(config, row, states, &self.assets, skips, odd);
        let readings = read(true).or_else(|| read(false)).unwrap_or_default();
        let mut changed = Vec::new();
        for reading in readings {
            let Some(at) = self.asset(config, &reading.name) else {
                odd.push((String::new(), Oddity::TooMany, String::new()));
                continue;
            };
            if let Some(asset) = self.assets.get_mut(at)
                && asset.merge(config, reading, version, odd)
            {
                changed.push(at);
            }
        }
        self.gather(config, &mut changed);
        changed
    }

    /// Brings the assets that consist of parts up to their parts.
    pub(super) fn gather(&mut self, config: &AssetConfig, changed: &mut Vec<usize>) {
        for at in changed.clone() {
            let Some((group, _)) = self.assets.get(at).and_then(|asset| asset.part_of.clone()) else { continue };
            let Some(group_at) = self.asset(config, &group) else { continue };
            let mut parts = 0u32;
            let mut sum = 0u32;
            let mut is_measured = true;
            let overall = Overall::of(&mut self.parts(&group).map(|part| {
                parts += 1;
                is_measured &= part.progress.is_some() || part.status == Status::Failed;
                sum += u32::from(part.progress.unwrap_or(0));
                part.status
            }));
            let status = match overall {
                Overall::Completed => Status::Ready,
                Overall::Generating => Status::Generating,
                Overall::Pending => Status::Pending,
                // Some failed: as long as others run, it runs.
                _ if self.parts(&group).any(|part| part.status == Status::Generating) => Status::Generating,
                Overall::Partial | Overall::Failed => Status::Failed,
            };
            let progress = (status != Status::Failed && is_measured).then(|| (sum / parts.max(1)) as u8);
            let Some(asset) = self.assets.get_mut(group_at) else { continue };
            asset.content_revision += 1;
            asset.revision += 1;
            let is_first = !std::mem::replace(&mut asset.listed, true);
            if !asset.has_status {
                asset.set(status, progress, !is_first);
            }
            if !changed.contains(&group_at) {
                changed.push(group_at);
            }
        }
    }

    /// The parts of an asset such as `scenes`.
    pub(super) fn parts(&self, group: &str) -> impl Iterator<Item = &Asset> {
        self.assets
            .iter()
            .filter(move |asset| asset.listed && asset.part_of.as_ref().is_some_and(|(name, _)| name == group))
    }

    /// The places of the parts of an asset that failed.
    pub(super) fn failed_parts(&self, group: usize) -> Vec<usize> {
        let Some(group) = self.assets.get(group) else { return Vec::new() };
        let is_one = |part: &Asset| {
            part.status == Status::Failed && part.part_of.as_ref().is_some_and(|(name, _)| *name == group.name)
        };
        let mut parts = Vec::new();
        for (at, part) in self.assets.iter().enumerate() {
            if is_one(part) {
                parts.push(at);
            }
        }
        parts
    }

    /// Sums the assets up; says whether that is new.
    pub(super) fn sum_up(&mut self) -> bool {
        let overall = Overall::of(&mut self.assets.iter().filter(|asset| asset.listed).map(|asset| asset.status));
        let is_new = self.overall != overall;
        if is_new {
            self.overall = overall;
            self.revision += 1;
        }
        is_new
    }
}
