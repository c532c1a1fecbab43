//! Which news about an asset counts, and what a row says.

use proptest::prelude::*;
use serde_json::{Value, json};
use storywire::core::asset::{
    AssetChange, AssetConfig, Medium, Oddity, Overall, RetryOutcome, Shape, Status, is_allowed, percent,
};
use storywire::core::base::{Json, Timestamp};

use crate::asset_page::Page;

#[test]
fn the_words_of_real_backends_are_one_of_four() {
    for (word, status) in [
        ("pending", Status::Pending),
        ("queued", Status::Pending),
        ("processing", Status::Generating),
        ("IN_PROGRESS", Status::Generating),
        (" completed ", Status::Ready),
        ("complete", Status::Ready),
        ("cancelled", Status::Failed),
        ("canceled", Status::Failed),
        ("error", Status::Failed),
    ] {
        assert_eq!(AssetConfig::new().status(word), Some(status), "{word}");
    }
}

#[test]
fn an_unknown_word_is_pending_and_is_told_once() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "baking" }));
    page.asset(2, "cover", json!({ "status": "baking" }));
    page.asset(3, "audio", json!({ "status": {} }));
    assert_eq!(page.status("cover"), Status::Pending);
    assert_eq!(
        page.oddities(),
        [
            ("cover".to_owned(), Oddity::UnknownStatus, "\"baking\"".to_owned()),
            ("audio".to_owned(), Oddity::UnknownStatus, "{}".to_owned())
        ]
    );
}

#[test]
fn a_page_adds_words_aliases_columns_texts_and_classes() {
    let mut config = AssetConfig::new();
    assert!(config.extend(
        r#"{"words":{"baking":"generating"},"aliases":{"bild":"cover"},"columns":{"poster":"cover"},
            "classes":{"skeleton":"is-loading pulse"},"texts":{"cover":{"generating":"Wird gemalt"}},"order":["pdf","cover"]}"#
    ));
    assert!(!config.extend("[]"));
    let mut page = Page::with(config);
    page.mount(1, "s", "cover", Shape::default());
    page.asset(1, "bild", json!({ "status": "baking" }));
    assert_eq!(page.status("cover"), Status::Generating);
    assert!(page.at(1).is("pulse"));
    assert_eq!(page.at(1).status, "Wird gemalt");
    page.row(2, &json!({ "poster": "/poster.png" }));
    assert_eq!(page.at(1).source, "/poster.png");
    assert!(!page.at(1).is("is-loading"));
}

#[test]
fn progress_is_zero_to_a_hundred_or_unknown() {
    for (text, wanted) in [
        ("42", Some(42)),
        ("42.7", Some(42)),
        ("\"42\"", Some(42)),
        ("\" 42 % \"", Some(42)),
        ("100", Some(100)),
        ("0", Some(0)),
        ("0.5", Some(0)),
        ("101", None),
        ("-5", None),
        ("1e9", None),
        ("\"NaN\"", None),
        ("\"abc\"", None),
        ("\"\"", None),
        ("true", None),
        ("{}", None),
        ("\"٤٢\"", None),
        ("99999999999999999999999", None),
    ] {
        assert_eq!(percent(Json::parse(text).unwrap()), wanted, "{text}");
    }
}

#[test]
fn progress_goes_back_only_with_a_newer_version() {
    let mut page = Page::showing("cover");
    page.asset(5, "cover", json!({ "status": "generating", "progress": 60 }));
    page.asset(5, "cover", json!({ "status": "generating", "progress": 40 }));
    assert_eq!(page.at(1).attributes["data-progress"], "60");
    page.asset(6, "cover", json!({ "status": "generating", "progress": 40 }));
    assert_eq!(page.at(1).attributes["data-progress"], "40");
    page.asset(7, "cover", json!({ "status": "generating", "progress": "abc" }));
    assert_eq!(page.at(1).attributes.get("data-progress"), None, "unknown shows as unknown");
}

#[test]
fn an_older_row_never_overwrites_a_newer_one() {
    let mut page = Page::showing("cover");
    page.asset(9, "cover", json!({ "status": "failed" }));
    page.asset(8, "cover", json!({ "status": "generating", "progress": 90 }));
    assert_eq!(page.status("cover"), Status::Failed);
}

#[test]
fn an_asset_s_own_version_counts_before_the_row_s() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "failed", "updatedAt": "2026-01-02T00:00:00Z" }));
    page.asset(2, "cover", json!({ "status": "generating", "updatedAt": "2026-01-01T00:00:00Z" }));
    assert_eq!(page.status("cover"), Status::Failed);
}

#[test]
fn ready_does_not_fall_back_when_a_writer_undoes_it() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "ready", "url": "/a.png" }));
    page.changes();
    for status in ["generating", "pending", "failed", "ready"] {
        page.asset(2, "cover", json!({ "status": status }));
        assert_eq!(page.at(1).state(), "ready");
        assert_eq!(page.patches, []);
    }
    assert_eq!(page.changes(), []);
    page.asset(3, "cover", json!({ "status": "ready", "url": "/b.png" }));
    assert_eq!(page.at(1).source, "/b.png");
}

#[test]
fn columns_are_read_as_well_as_urls() {
    let mut page = Page::new();
    for (element, asset) in ["cover", "audio", "pdf", "text", "scenes", "activities"].into_iter().enumerate() {
        page.mount(element as u32, "s", asset, Shape::default());
    }
    page.row(
        1,
        &json!({
            "cover_art_url": "https://x.test/c.png", "audio_url": "https://x.test/a.mp3", "webvtt_url": "/a.vtt",
            "pdf_url": "/s.pdf", "content": { "text": "Once <b>upon</b> a time" },
            "scene_art_urls": ["/1.png", "", ""], "activities": [{ "title": "Draw", "minutes": 5 }],
            "avatar_url": "/me.png",
        }),
    );
    assert_eq!(page.at(0).source, "https://x.test/c.png");
    assert_eq!(page.at(0).medium, Some(Medium::Image));
    assert_eq!(page.at(1).medium, Some(Medium::Audio));
    assert_eq!(page.at(2).medium, Some(Medium::Link));
    assert_eq!(page.at(3).text, "Once <b>upon</b> a time");
    assert_eq!(page.at(4).items.len(), 3);
    assert_eq!(page.at(4).items[0].status, Status::Ready);
    assert_eq!(page.at(4).items[1].status, Status::Pending);
    assert_eq!(page.status("scenes"), Status::Generating, "two places are still empty");
    assert_eq!(page.at(5).items[0].fields[1].value, "Draw");
    assert!(page.assets.asset("s", "avatar").is_none());
}

#[test]
fn a_column_with_content_outlasts_a_status_that_was_undone() {
    let mut page = Page::showing("cover");
    page.row(
        1,
        &json!({ "cover_url": "/c.png", "asset_generation_status": { "assets": { "cover": { "status": "generating" } } } }),
    );
    assert_eq!(page.at(1).state(), "ready");
}

#[test]
fn the_status_column_may_be_a_string_a_flat_object_or_missing() {
    let mut page = Page::showing("cover");
    page.row(1, &json!({ "asset_generation_status": "{\"assets\":{\"cover\":{\"status\":\"failed\"}}}" }));
    assert_eq!(page.status("cover"), Status::Failed);
    page.row(2, &json!({ "asset_generation_status": { "cover": "generating", "overall": "completed" } }));
    assert_eq!(page.status("cover"), Status::Generating);
    for nothing in [json!({}), json!(null), json!([]), json!({ "asset_generation_status": null }), json!("x")] {
        page.row(3, &nothing);
        assert_eq!(page.patches, []);
    }
}

#[test]
fn scenes_gather_their_parts() {
    let mut page = Page::showing("scenes");
    page.mount(2, "s", "scene_2", Shape { medium: Some(Medium::Image), ..Shape::default() });
    let scenes =
        |one: Value, two: Value| json!({ "asset_generation_status": { "assets": { "scene_1": one, "scene_2": two } } });
    page.row(1, &scenes(json!({ "status": "generating", "progress": 50 }), json!("pending")));
    assert_eq!(page.at(1).state(), "generating");
    assert_eq!(page.at(1).attributes["data-progress"], "25");
    page.row(2, &scenes(json!("generating"), json!({ "status": "ready", "url": "/2.png" })));
    assert_eq!(page.at(1).state(), "generating");
    assert_eq!(page.at(1).items[1].fields[0].value, "/2.png");
    assert_eq!(page.at(2).source, "/2.png");
    page.row(3, &scenes(json!({ "status": "ready", "url": "/1.png" }), json!({ "status": "ready", "url": "/2.png" })));
    assert_eq!(page.at(1).state(), "ready");
    assert_eq!(page.at(1).items[0].fields[0].value, "/1.png");
    assert_eq!(page.assets.overall("s"), Some(Overall::Completed));
}

#[test]
fn two_names_for_one_asset_in_one_row_do_not_flicker() {
    let mut page = Page::showing("text");
    let row = json!({ "asset_generation_status": { "assets": { "text": "ready", "content": "pending" } } });
    page.row(1, &row);
    page.changes();
    page.row(1, &row);
    assert_eq!(page.changes(), []);
    assert_eq!(page.status("text"), Status::Ready);
}

#[test]
fn overall_is_summed_up_here() {
    for (statuses, overall) in [
        (vec!["ready", "ready"], Overall::Completed),
        (vec!["ready", "failed"], Overall::Partial),
        (vec!["failed", "generating"], Overall::Partial),
        (vec!["failed", "failed"], Overall::Failed),
        (vec!["generating", "pending"], Overall::Generating),
        (vec!["ready", "pending"], Overall::Generating),
        (vec!["pending", "pending"], Overall::Pending),
        (vec![], Overall::Pending),
    ] {
        let mut page = Page::new();
        page.assets.open("s");
        let assets: Value = statuses.iter().enumerate().map(|(at, status)| (format!("a{at}"), json!(status))).collect();
        page.row(1, &json!({ "asset_generation_status": { "overall": "completed", "assets": assets } }));
        assert_eq!(page.assets.overall("s"), Some(overall), "{statuses:?}");
    }
}

#[test]
fn an_asset_that_only_the_page_names_does_not_hold_up_the_story() {
    let mut page = Page::showing("hologram");
    page.asset(1, "cover", json!("ready"));
    assert_eq!(page.assets.overall("s"), Some(Overall::Completed));
    assert_eq!(page.at(1).state(), "pending");
}

#[test]
fn addresses_have_an_allowed_scheme_or_none() {
    let config = AssetConfig::new();
    for (url, image, link) in [
        ("https://x.test/a.png", true, true),
        ("HTTPS://x.test/a.png", true, true),
        ("/a.png", true, true),
        ("a b.png?x=javascript:1", true, true),
        ("blob:https://x.test/1", true, true),
        ("data:image/png;base64,AA", true, false),
        ("data:text/html,<script>", false, false),
        ("javascript:alert(1)", false, false),
        ("JaVaScRiPt:alert(1)", false, false),
        (" javascript:alert(1)", false, false),
        ("\u{1}javascript:alert(1)", false, false),
        ("java\nscript:alert(1)", false, false),
        ("/a\nb.png", false, false),
        ("vbscript:x", false, false),
        ("file:///etc/passwd", false, false),
        ("", false, false),
    ] {
        assert_eq!(is_allowed(&config, url, Medium::Image), image, "{url}");
        assert_eq!(is_allowed(&config, url, Medium::Link), link, "{url}");
    }
}

#[test]
fn each_change_is_told_once() {
    let mut page = Page::new();
    page.assets.open("s");
    let row = json!({ "asset_generation_status": { "assets": { "cover": { "status": "ready", "url": "/c.png" } } } });
    page.row(1, &row);
    let wanted = [
        AssetChange::Asset {
            story: "s".into(),
            asset: "cover".into(),
            status: Status::Ready,
            progress: Some(100),
            url: "/c.png".into(),
        },
        AssetChange::Story { story: "s".into(), overall: Overall::Completed },
    ];
    assert_eq!(page.changes(), wanted);
    page.row(1, &row);
    page.row(2, &row);
    assert_eq!(page.changes(), []);
}

/// One complete reading of an asset, with a version of its own.
fn any_state() -> impl Strategy<Value = Value> {
    (0usize..5, 0u8..=100, 0u8..3).prop_map(|(status, progress, url)| {
        let status = ["pending", "generating", "ready", "failed", "queued"][status];
        if status == "ready" {
            json!({ "status": status, "url": format!("/{url}.png") })
        } else {
            json!({ "status": status, "progress": progress })
        }
    })
}

type Updates = Vec<(u64, Value)>;

/// What may happen to a row between two messages.
#[derive(Clone, Debug)]
enum Step {
    State(&'static str, Value, bool),
    Column(&'static str, Value),
    Drop(&'static str),
    Retry(&'static str),
    Settle(&'static str, bool),
    Nothing,
}

fn any_step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["cover", "audio", "narration", "scene_1", "scene_2", "scenes", "poster"]);
    let column = prop::sample::select(vec!["cover_url", "audio_url", "poster_url", "title", "content", "activities"]);
    let value = prop::sample::select(vec![
        json!("/1.png"),
        json!("/2.png"),
        json!("javascript:1"),
        json!(["a", null]),
        Value::Null,
    ]);
    prop_oneof![
        8 => (name(), any_state(), prop::bool::weighted(0.8)).prop_map(|(name, state, dated)| Step::State(name, state, dated)),
        3 => (column, value).prop_map(|(column, value)| Step::Column(column, value)),
        1 => name().prop_map(Step::Drop),
        1 => name().prop_map(Step::Retry),
        1 => (name(), any::<bool>()).prop_map(|(name, done)| Step::Settle(name, done)),
        1 => Just(Step::Nothing),
    ]
}

/// Updates with distinct versions, in two orders.
fn two_orders() -> impl Strategy<Value = (Updates, Updates)> {
    prop::collection::vec(any_state(), 1..8).prop_flat_map(|states| {
        let updates: Vec<_> = states.into_iter().enumerate().map(|(at, state)| (at as u64 + 1, state)).collect();
        (Just(updates.clone()).prop_shuffle(), Just(updates).prop_shuffle())
    })
}

fn after(updates: &[(u64, Value)]) -> Page {
    let mut page = Page::showing("cover");
    for (version, state) in updates {
        page.asset(*version, "cover", state.clone());
    }
    page
}

proptest! {
    #[test]
    fn updates_commute((one, other) in two_orders()) {
        let (one, other) = (after(&one), after(&other));
        let (a, b) = (one.assets.asset("s", "cover").unwrap(), other.assets.asset("s", "cover").unwrap());
        prop_assert_eq!((a.status(), a.progress(), a.url()), (b.status(), b.progress(), b.url()));
        prop_assert_eq!(&one.at(1).attributes, &other.at(1).attributes);
        prop_assert_eq!(&one.at(1).classes, &other.at(1).classes);
    }

    #[test]
    fn the_same_update_twice_changes_nothing((updates, _) in two_orders()) {
        let mut page = after(&updates);
        let before = page.shown.clone();
        page.changes();
        for (version, state) in updates.iter().rev() {
            page.asset(*version, "cover", state.clone());
            prop_assert_eq!(&page.patches, &[]);
        }
        prop_assert_eq!(page.changes(), []);
        prop_assert_eq!(page.shown, before);
    }

    #[test]
    fn ready_is_sticky((updates, _) in two_orders()) {
        let mut page = Page::showing("cover");
        let mut was_ready = false;
        for (version, state) in updates {
            page.asset(version, "cover", state);
            let is_ready = page.status("cover") == Status::Ready;
            prop_assert!(is_ready || !was_ready);
            was_ready = is_ready;
        }
    }

    #[test]
    fn an_image_is_loaded_once_for_each_new_address((updates, _) in two_orders()) {
        let mut page = Page::showing("cover");
        let mut urls = Vec::new();
        for (version, state) in updates {
            page.asset(version, "cover", state);
            let url = page.assets.asset("s", "cover").unwrap().url().to_owned();
            if urls.last() != Some(&url) && !url.is_empty() { urls.push(url) }
        }
        prop_assert_eq!(page.at(1).loads as usize, urls.len());
    }

    /// A state that stands in the row as it stood in the one before is not read again. A page that is told a new number in each
    /// has to read them all.
    #[test]
    fn what_a_row_repeats_need_not_be_read_again(
        steps in prop::collection::vec(any_step(), 1..40),
        plain in prop::bool::weighted(0.7),
    ) {
        let (mut one, mut other) = (Page::showing("cover"), Page::showing("cover"));
        let mut states = serde_json::Map::new();
        let mut row = json!({ "id": "s", "title": "The Bear" });
        for (at, step) in steps.into_iter().enumerate() {
            let version = at as u64 + 10;
            for page in [&mut one, &mut other] {
                match &step {
                    Step::Retry(asset) => page.assets.retry("s", asset),
                    Step::Settle(asset, true) => page.assets.retry_settled("s", asset, RetryOutcome::Retried),
                    Step::Settle(asset, false) => page.assets.retry_settled("s", asset, RetryOutcome::Failed),
                    _ => {}
                }
            }
            match step {
                Step::State(name, mut state, dated) => {
                    if dated || plain {
                        let at = format!("2026-01-01T00:00:{:02}Z", version % 60);
                        state["updatedAt"] = json!(at);
                    }
                    states.insert(name.to_owned(), state);
                }
                Step::Column(name, value) if !plain => row[name] = value,
                Step::Drop(name) => drop(states.remove(name)),
                _ => {}
            }
            row["asset_generation_status"] = json!({ "overall": "generating", "assets": &states });
            // As a row's timestamp is: in microseconds.
            let base = 1_767_225_600_000_000 + version * 1_000_000;
            one.row(base, &row);
            let mut numbered = row.clone();
            for (_, state) in numbered["asset_generation_status"]["assets"].as_object_mut().into_iter().flatten() {
                state["number"] = json!(at);
            }
            other.row(base, &numbered);
            for asset in ["cover", "audio", "scenes", "scene_1", "scene_2", "poster", "text", "activities"] {
                let of = |page: &Page| {
                    let one = page.assets.asset("s", asset)?;
                    let content = (one.url().to_owned(), one.text().to_owned(), one.list().to_owned());
                    Some((one.status(), one.progress(), content, one.version(), one.is_listed()))
                };
                prop_assert_eq!(of(&one), of(&other), "{} after {}", asset, &row);
            }
            prop_assert_eq!(one.assets.overall("s"), other.assets.overall("s"));
            prop_assert_eq!(one.at(1), other.at(1));
        }
    }

    /// Timestamps of rows that nobody can order are taken as they come.
    #[test]
    fn without_versions_the_last_word_counts(states in prop::collection::vec(any_state(), 1..8)) {
        let mut page = Page::showing("cover");
        for state in &states { page.asset(0, "cover", state.clone()) }
        let was_ready = states.iter().any(|state| state["status"] == "ready");
        let last = AssetConfig::new().status(states.last().unwrap()["status"].as_str().unwrap()).unwrap();
        prop_assert_eq!(page.status("cover"), if was_ready { Status::Ready } else { last });
        prop_assert_eq!(page.assets.asset("s", "cover").unwrap().version(), Timestamp(0));
    }
}
