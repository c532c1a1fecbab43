//! Rows that no backend should send: nothing breaks, nothing executes, each is told once.

use proptest::prelude::*;
use serde_json::{Value, json};
use storywire::core::asset::{ASSET_LIMIT, ITEM_LIMIT, Medium, Oddity, Op, RetryOutcome, Shape, Status};
use storywire::core::base::{Json, Timestamp};
use storywire::core::ids::ElementId;

use crate::asset_page::Page;

#[test]
fn a_script_address_is_a_failure_that_is_told_once() {
    let mut page = Page::showing("cover");
    for version in 1..4 {
        page.asset(version, "cover", json!({ "status": "ready", "url": "javascript:alert(1)" }));
    }
    assert_eq!((page.at(1).state(), page.at(1).source.as_str()), ("failed", ""));
    assert_eq!(page.oddities(), [("cover".to_owned(), Oddity::BadUrl, "javascript:alert(1)".to_owned())]);
}

#[test]
fn a_picture_s_data_address_becomes_no_link() {
    let mut page = Page::new();
    page.mount(1, "s", "cover", Shape { medium: Some(Medium::Link), ..Shape::default() });
    page.asset(1, "cover", json!({ "status": "ready", "url": "data:image/svg+xml,<svg onload=alert(1)>" }));
    assert_eq!(page.at(1).source, "");
}

#[test]
fn ten_thousand_scenes_are_cut_to_what_a_page_can_bear() {
    let mut page = Page::showing("scenes");
    let urls: Vec<String> = (0..10_000).map(|at| format!("/{at}.png")).collect();
    page.row(1, &json!({ "scene_art_urls": urls }));
    assert_eq!(page.at(1).items.len(), ITEM_LIMIT);
    assert_eq!(page.oddities().len(), 1);
}

#[test]
fn ten_thousand_assets_are_cut_too() {
    let mut page = Page::showing("cover");
    let assets: Value = (0..10_000).map(|at| (format!("scene_{at}"), json!("ready"))).collect();
    page.row(1, &json!({ "asset_generation_status": { "assets": assets } }));
    assert!(page.assets.assets("s").count() <= ASSET_LIMIT);
    let odd = page.oddities();
    assert_eq!((odd.len(), odd[0].1), (1, Oddity::TooMany));
}

#[test]
fn a_scene_number_that_is_too_large_costs_nothing() {
    let mut page = Page::showing("scenes");
    page.asset(1, "scene_4294967295", json!({ "status": "ready", "url": "/x.png" }));
    page.asset(1, "scene_99999999999999", json!({ "status": "ready", "url": "/x.png" }));
    assert!(page.at(1).items.len() <= ITEM_LIMIT);
}

#[test]
fn a_megabyte_of_text_and_markup_stays_text() {
    let mut page = Page::showing("text");
    let text = "<img src=x onerror=alert(1)>".repeat(40_000);
    page.row(1, &json!({ "content": { "text": text } }));
    assert_eq!(page.at(1).text, text);
    assert_eq!(page.oddities(), []);
}

#[test]
fn an_emoji_is_a_name_like_any_other() {
    let mut page = Page::new();
    page.mount(1, "s", "🦄", Shape::default());
    page.asset(1, "🦄", json!({ "status": "ready", "url": "/u.png" }));
    assert_eq!((page.at(1).state(), page.at(1).medium), ("ready", Some(Medium::Image)));
    assert_eq!(page.at(1).status, "");
}

#[test]
fn odd_progress_is_unknown_and_told_once() {
    let mut page = Page::showing("cover");
    for (version, progress) in [json!(-5), json!("NaN"), json!("abc"), json!(1e9), json!("abc")].into_iter().enumerate()
    {
        page.asset(version as u64 + 1, "cover", json!({ "status": "generating", "progress": progress }));
        assert_eq!(page.at(1).attributes.get("data-progress"), None);
    }
    assert_eq!(page.oddities().len(), 4);
}

/// Names and values that the reader looks for, and some that it does not expect there.
fn hostile_row() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "pending",
        "generating",
        "ready",
        "failed",
        "",
        "🦄",
        "javascript:1",
        "/a.png",
        "https://x.test/a.mp3",
        "data:image/png,x",
        "2026-01-01T00:00:00Z",
        "<b>",
        "50",
        "{\"assets\":{}}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        (0..101i32).prop_map(Into::into),
        word.prop_map(Into::into),
    ];
    let key = prop::sample::select(vec![
        "asset_generation_status",
        "assets",
        "cover",
        "audio",
        "scenes",
        "scene_1",
        "scene_2",
        "scene_0",
        "content",
        "text",
        "status",
        "progress",
        "url",
        "updatedAt",
        "cover_url",
        "cover_art_url",
        "scene_art_urls",
        "activities",
        "webvtt_url",
        "__proto__",
        "",
    ]);
    leaf.prop_recursive(4, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::vec((key.clone(), inner), 0..7).prop_map(|members| Value::Object(
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

#[derive(Clone, Debug)]
enum Action {
    Row(u64, Value),
    Mount(u32, &'static str, bool),
    Unmount(u32),
    Visible(u32, bool),
    Click(u32),
    Settle(&'static str, u8),
    Loaded(u32, bool),
    Paint(usize),
}

fn any_action() -> impl Strategy<Value = Action> {
    let asset = || prop::sample::select(vec!["cover", "audio", "scenes", "scene_1", "content", "x"]);
    prop_oneof![
        (0u64..9, hostile_row()).prop_map(|(version, row)| Action::Row(version, row)),
        (0u32..6, asset(), any::<bool>()).prop_map(|(id, asset, list)| Action::Mount(id, asset, list)),
        (0u32..6).prop_map(Action::Unmount),
        (0u32..6, any::<bool>()).prop_map(|(id, on)| Action::Visible(id, on)),
        (0u32..6).prop_map(Action::Click),
        (asset(), 0u8..4).prop_map(|(asset, outcome)| Action::Settle(asset, outcome)),
        (0u32..6, any::<bool>()).prop_map(|(id, fine)| Action::Loaded(id, fine)),
        (0usize..4).prop_map(Action::Paint),
    ]
}

proptest! {
    /// No rows and no order of calls break the page, and what is painted in pieces is what would be painted anew.
    #[test]
    fn what_is_painted_is_always_what_is(actions in prop::collection::vec(any_action(), 1..40)) {
        let mut page = Page::new();
        let mut mounted = std::collections::BTreeMap::new();
        for action in actions {
            match action {
                Action::Row(version, row) => {
                    page.assets.apply_row("s", Json::parse(&row.to_string()).unwrap(), Timestamp(version));
                }
                Action::Mount(id, asset, is_list) => {
                    let shape = Shape { is_list, ..Shape::default() };
                    page.assets.mount(ElementId(id), "s", asset, shape);
                    mounted.insert(id, (asset, shape));
                    page.shown.remove(&id);
                }
                Action::Unmount(id) => {
                    page.assets.unmount(ElementId(id));
                    mounted.remove(&id);
                    page.shown.remove(&id);
                }
                Action::Visible(id, on) => page.assets.set_visible(ElementId(id), on),
                Action::Click(id) => page.assets.retry_clicked(ElementId(id)),
                Action::Settle(asset, outcome) => {
                    let outcome = match outcome {
                        0 => RetryOutcome::Retried,
                        1 => RetryOutcome::Nothing,
                        2 => RetryOutcome::Wait { seconds: 9 },
                        _ => RetryOutcome::Failed,
                    };
                    page.assets.retry_settled("s", asset, outcome);
                }
                Action::Loaded(id, true) => page.assets.content_loaded(ElementId(id)),
                Action::Loaded(id, false) => page.assets.content_failed(ElementId(id)),
                Action::Paint(count) => {
                    for _ in 0..count {
                        let Some(patch) = page.assets.next_patch(true) else { break };
                        prop_assert!(mounted.contains_key(&patch.element.0));
                        paint_one(&mut page, &patch);
                    }
                }
            }
            while let Some(request) = page.assets.poll_retry() {
                prop_assert!(!request.types.is_empty());
            }
        }
        page.paint();
        prop_assert!(!page.assets.is_dirty());
        let painted = page.shown.clone();
        page.shown.clear();
        for (id, (asset, shape)) in &mounted {
            page.assets.mount(ElementId(*id), "s", asset, *shape);
        }
        page.decodes = false;
        page.paint();
        for (id, shown) in &page.shown {
            prop_assert_eq!(shown.state() == "failed", shown.is("error"));
            if let Some(before) = painted.get(id) {
                prop_assert_eq!(&shown.attributes["data-asset-state"], &before.attributes["data-asset-state"]);
                prop_assert_eq!(&shown.status, &before.status);
                prop_assert_eq!(&shown.retry, &before.retry);
                prop_assert_eq!(shown.attributes.get("data-progress"), before.attributes.get("data-progress"));
            }
        }
        for asset in page.assets.assets("s") {
            prop_assert!(!asset.url().starts_with("javascript"));
            prop_assert!(asset.status() != Status::Ready || asset.progress() == Some(100));
        }
    }
}

fn paint_one(page: &mut Page, patch: &storywire::core::asset::Patch) {
    let shown = page.shown.entry(patch.element.0).or_default();
    for op in &patch.ops {
        if let Op::Source { url, .. } = op {
            assert!(!url.is_empty() && !url.starts_with("javascript"));
        }
        crate::asset_page::apply(shown, &mut page.said, op);
    }
}
