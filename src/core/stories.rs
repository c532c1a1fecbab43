//! Which stories are followed: those that an element or a handle wants, each as one row.

use super::asset::Assets;
use super::base::{Instant, Millis, join};
use super::ids::RowsId;
use super::rows::RowsQuery;
use super::{Deadline, Why};

/// A story that nobody wants any more is followed for this long: pages take elements away only to put them back.
const GRACE: Millis = Millis(5_000);

/// Where stories are kept.
#[derive(Clone, Debug)]
pub struct StorySource {
    /// The schema: `public`.
    pub schema: String,
    /// The table: `stories`.
    pub table: String,
    /// The column of the id: `id`.
    pub key: String,
    /// The topic of a story's channel, up to its id: `story:`. Several that are joined at once share one, `story:shared-1`.
    pub topic: String,
}

impl Default for StorySource {
    fn default() -> StorySource {
        StorySource {
            schema: String::from("public"),
            table: String::from("stories"),
            key: String::from("id"),
            topic: String::from("story:"),
        }
    }
}

impl StorySource {
    /// The row of a story.
    pub(crate) fn query(&self, story: &str) -> RowsQuery {
        RowsQuery {
            schema: self.schema.clone(),
            table: self.table.clone(),
            filter: Some(join(&[&self.key, "=eq.", story])),
            select: String::from("*"),
            key: self.key.clone(),
            single: true,
            order: String::new(),
            limit: None,
        }
    }
}

/// The stories that are followed.
#[derive(Debug, Default)]
pub(crate) struct Stories {
    followed: Vec<Followed>,
}

#[derive(Debug)]
struct Followed {
    story: String,
    /// `None` if it could not be followed; that has been told.
    rows: Option<RowsId>,
    /// Since when nobody wants it.
    unwanted: Option<Instant>,
}

/// What is to be done so that the stories wanted are those followed.
pub(crate) enum Step {
    Follow(String),
    Unfollow(RowsId),
}

impl Stories {
    /// The story whose row this set is.
    pub(crate) fn story_of(&self, rows: RowsId) -> Option<&str> {
        self.followed.iter().find(|followed| followed.rows == Some(rows)).map(|followed| followed.story.as_str())
    }

    pub(crate) fn note(&mut self, story: String, rows: Option<RowsId>) {
        self.followed.push(Followed { story, rows, unwanted: None });
    }

    /// What is to be done.
    pub(crate) fn steps(&mut self, now: Instant, assets: &mut Assets) -> Vec<Step> {
        let mut steps = Vec::new();
        self.followed.retain_mut(|followed| {
            let is_wanted = assets.is_wanted(&followed.story);
            followed.unwanted = if is_wanted { None } else { followed.unwanted.or(Some(now)) };
            let over = followed.unwanted.is_some_and(|since| since + GRACE <= now);
            if over {
                assets.set_followed(&followed.story, false);
                if let Some(rows) = followed.rows {
                    steps.push(Step::Unfollow(rows));
                }
            }
            !over
        });
        for near in [true, false] {
            for story in assets.wanted_stories(near) {
                if !self.followed.iter().any(|followed| followed.story == story) {
                    steps.push(Step::Follow(story.to_owned()));
                }
            }
        }
        steps
    }

    /// Calls with each followed set, and whether the visitor sees its story: those join first.
    pub(crate) fn each_in_view(&self, assets: &Assets, mut call: impl FnMut(RowsId, bool)) {
        for followed in &self.followed {
            if let Some(rows) = followed.rows {
                call(rows, assets.is_in_view(&followed.story));
            }
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Deadline> {
        let since = self.followed.iter().filter_map(|followed| followed.unwanted).min()?;
        Some(Deadline::new(since + GRACE, Why::Unwanted))
    }
}
