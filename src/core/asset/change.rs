//! What the page is told: changes, oddities, and retries that are to be asked for.

use super::status::{Oddity, Overall, Status};

/// What the page is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetChange {
    /// An asset is not what it was; [`Assets::asset`] has the rest.
    Asset {
        /// The story's id.
        story: String,
        /// The page's name of the asset.
        asset: String,
        /// What it is now.
        status: Status,
        /// 0 to 100; `None` is unknown.
        progress: Option<u8>,
        /// Where its content is; empty if there is none.
        url: String,
    },
    /// A story is not what it was as a whole.
    Story {
        /// The story's id.
        story: String,
        /// What it is now.
        overall: Overall,
    },
    /// A row was not what it should be. Told once for each value.
    Odd {
        /// The story's id.
        story: String,
        /// The asset, or empty.
        asset: String,
        /// What it is.
        oddity: Oddity,
        /// The value, cut to 200 bytes.
        value: String,
    },
}

/// A retry that is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryRequest {
    /// The story's id.
    pub story: String,
    /// The page's name of the asset; [`Assets::retry_settled`] wants it back.
    pub asset: String,
    /// The backend's names of what is to be made again: the asset, or those of its parts that failed.
    pub types: Vec<String>,
}
