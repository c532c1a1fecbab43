//! The items of a list: what the row's array has, and what the parts of the asset add to it.

use super::config::AssetConfig;
use super::patch::{Field, Item};
use super::record::{Asset, ITEM_LIMIT, is_blank};
use super::source::{is_address, is_allowed};
use super::status::{Medium, Status};
use super::story::Story;
use crate::core::base::{Json, Kind};

/// The items of `asset`, at most [`ITEM_LIMIT`]. An item that is not there yet keeps its place.
pub(super) fn items(config: &AssetConfig, story: &Story, asset: &Asset) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    if let Some(list) = Json::parse(asset.list()) {
        for item in list.items().take(ITEM_LIMIT) {
            items.push(read_item(config, asset, item));
        }
    } else if !asset.url().is_empty() {
        items.push(Item { status: Status::Ready, fields: vec![field(config, asset, "url", asset.url())] });
    }
    for part in story.parts(&asset.name) {
        let Some(at) = part.part_of.as_ref().map(|(_, number)| *number - 1) else { continue };
        if at >= ITEM_LIMIT {
            continue;
        }
        while items.len() <= at {
            items.push(Item { status: Status::Pending, fields: Vec::new() });
        }
        let Some(item) = items.get_mut(at) else { continue };
        if !part.url().is_empty() {
            item.fields.retain(|field| field.name != "url");
            item.fields.push(field(config, part, "url", part.url()));
        }
        if item.fields.is_empty() || part.status == Status::Ready {
            item.status = part.status;
        }
    }
    items
}

fn read_item(config: &AssetConfig, asset: &Asset, item: Json<'_>) -> Item {
    let mut fields = Vec::new();
    if let Some(text) = item.as_str() {
        if !is_blank(item) {
            let is_picture = config.medium(&asset.name, "").is_picture();
            let is_url = is_picture || (is_address(&text) && is_allowed(config, &text, Medium::Link));
            fields.push(field(config, asset, if is_url { "url" } else { "text" }, &text));
        }
    } else {
        for (name, value) in item.members() {
            match value.kind() {
                Kind::String => fields.push(field(config, asset, &name, &value.as_str().unwrap_or_default())),
                Kind::Number | Kind::Bool => fields.push(field(config, asset, &name, value.text())),
                Kind::Null | Kind::Array | Kind::Object => {}
            }
        }
    }
    Item { status: if fields.is_empty() { Status::Pending } else { Status::Ready }, fields }
}

fn field(config: &AssetConfig, asset: &Asset, name: &str, value: &str) -> Field {
    let medium = if config.medium(&asset.name, value).is_picture() { Medium::Image } else { Medium::Link };
    let is_url = (name == "url" || is_address(value)) && is_allowed(config, value, medium);
    Field { name: name.to_owned(), value: value.to_owned(), is_url }
}
