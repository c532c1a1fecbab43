//! How an asset shows: what each state puts into the page, in which order, and how a retry looks.

use serde_json::json;
use storywire::core::asset::{AssetConfig, Medium, Op, Problem, RetryOutcome, Shape, Status};
use storywire::core::base::{Json, Timestamp};
use storywire::core::ids::ElementId;

use crate::asset_page::Page;

fn shape(medium: Medium) -> Shape {
    Shape { medium: Some(medium), ..Shape::default() }
}

#[test]
fn each_state_has_its_classes_and_attributes() {
    let mut page = Page::showing("cover");
    assert_eq!(page.at(1).state(), "pending");
    assert!(page.at(1).is("skeleton") && !page.at(1).is("animating"));
    assert_eq!(page.at(1).attributes["aria-busy"], "true");
    page.asset(1, "cover", json!({ "status": "generating", "progress": 42.7 }));
    assert_eq!(page.at(1).state(), "generating");
    assert!(page.at(1).is("skeleton") && page.at(1).is("animating"));
    assert_eq!(page.at(1).bar, Some((Some(42), "Cover is being made".to_owned(), true)));
    page.asset(2, "cover", json!({ "status": "failed" }));
    assert!(!page.at(1).is("skeleton") && page.at(1).is("error"));
    assert_eq!(page.at(1).status, "Cover could not be made");
    assert_eq!(page.at(1).retry.as_ref().unwrap().label, "Try again");
    page.asset(3, "cover", json!({ "status": "ready", "url": "/c.png" }));
    assert!(page.at(1).classes.is_empty());
    assert_eq!(page.at(1).attributes["data-asset-state"], "ready");
    assert_eq!(page.at(1).attributes.get("aria-busy"), None);
    assert_eq!(page.at(1).attributes["data-progress"], "100");
    assert_eq!(page.at(1).retry, None);
    assert_eq!(page.at(1).status, "");
}

#[test]
fn a_tick_of_progress_is_one_number() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "generating", "progress": 10 }));
    page.asset(2, "cover", json!({ "status": "generating", "progress": 11 }));
    assert_eq!(page.patches.len(), 1);
    assert_eq!(page.patches[0].ops, [Op::Progress(11)]);
    assert_eq!(page.at(1).attributes["data-progress"], "11");
    page.asset(3, "cover", json!({ "status": "generating", "progress": 11.9 }));
    assert_eq!(page.patches, [], "only the rounded value counts");
}

#[test]
fn ten_rows_in_a_frame_are_one_patch() {
    let mut page = Page::showing("cover");
    for progress in 1..=10u64 {
        let row = json!({ "asset_generation_status": { "assets": { "cover": { "status": "generating", "progress": progress } } } });
        page.assets.apply_row("s", Json::parse(&row.to_string()).unwrap(), Timestamp(progress));
    }
    assert!(page.assets.is_dirty());
    page.paint();
    assert_eq!(page.patches.len(), 1);
    assert_eq!(page.at(1).attributes["data-progress"], "10");
    assert!(!page.assets.is_dirty());
}

#[test]
fn every_element_of_an_asset_is_painted() {
    let mut page = Page::showing("cover");
    page.mount(2, "s", "cover", shape(Medium::Image));
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    assert_eq!((page.at(1).source.as_str(), page.at(2).source.as_str()), ("/c.png", "/c.png"));
    assert_eq!(page.assets.elements("s", "cover").count(), 2);
}

#[test]
fn what_is_seen_and_matters_comes_first() {
    let mut page = Page::new();
    page.assets.mount_story(ElementId(9), "s");
    for (id, asset) in ["pdf", "audio", "cover", "hologram", "text"].into_iter().enumerate() {
        page.assets.mount(ElementId(id as u32), "s", asset, Shape::default());
        page.assets.set_visible(ElementId(id as u32), asset != "text");
    }
    page.assets.mount(ElementId(7), "s", "pdf", Shape { priority: Some(0), ..Shape::default() });
    page.assets.set_visible(ElementId(7), true);
    page.paint();
    let order: Vec<u32> = page.patches.iter().map(|patch| patch.element.0).collect();
    assert_eq!(order, [7, 9, 2, 1, 0, 3, 4]);
}

#[test]
fn a_picture_stays_a_skeleton_until_it_is_decoded() {
    let mut page = Page::showing("cover");
    page.decodes = false;
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    assert_eq!(page.at(1).state(), "ready");
    assert!(page.at(1).is("skeleton") && !page.at(1).is("animating"));
    page.assets.content_loaded(ElementId(1));
    page.paint();
    assert!(!page.at(1).is("skeleton"));
    assert_eq!(page.at(1).loads, 1);
}

#[test]
fn pictures_out_of_view_wait_but_the_first_one_does_not() {
    let mut page = Page::new();
    for id in [1, 2] {
        page.assets.mount(ElementId(id), "s", "cover", shape(Medium::Image));
    }
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    assert_eq!((page.at(1).loads, page.at(2).loads), (1, 0));
    assert!(page.at(2).is("skeleton"));
    page.assets.set_visible(ElementId(2), true);
    page.paint();
    assert_eq!(page.at(2).loads, 1);
    page.assets.set_visible(ElementId(2), false);
    page.paint();
    assert_eq!(page.patches, []);
}

#[test]
fn content_that_does_not_load_can_be_loaded_again() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    page.assets.content_failed(ElementId(1));
    page.paint();
    assert_eq!(page.at(1).state(), "failed");
    assert_eq!(page.at(1).status, "Cover could not be loaded");
    page.assets.retry_clicked(ElementId(1));
    assert_eq!(page.assets.poll_retry(), None, "the server has made it already");
    page.paint();
    assert_eq!((page.at(1).state(), page.at(1).loads), ("ready", 2));
    page.assets.content_failed(ElementId(1));
    page.paint();
    page.asset(2, "cover", json!({ "status": "ready", "url": "/d.png" }));
    assert_eq!((page.at(1).state(), page.at(1).source.as_str()), ("ready", "/d.png"));
}

#[test]
fn a_transition_is_announced_once_and_the_first_state_never() {
    let mut page = Page::showing("cover");
    page.mount(2, "s", "cover", Shape::default());
    page.asset(1, "cover", json!({ "status": "generating" }));
    page.asset(2, "cover", json!({ "status": "generating", "progress": 50 }));
    assert_eq!(page.said, [""; 0]);
    page.asset(3, "cover", json!({ "status": "ready", "url": "/c.png" }));
    assert_eq!(page.said, ["Cover is ready"]);
    page.asset(4, "audio", json!({ "status": "ready", "url": "/a.mp3" }));
    page.mount(3, "s", "audio", Shape::default());
    assert_eq!(page.said.len(), 1);
}

#[test]
fn a_link_has_a_name_and_is_off_until_it_leads_somewhere() {
    let mut page = Page::new();
    page.mount(1, "s", "pdf", shape(Medium::Link));
    assert_eq!(page.at(1).attributes["aria-disabled"], "true");
    page.asset(1, "pdf", json!({ "status": "ready", "url": "/s.pdf" }));
    assert_eq!(page.at(1).attributes.get("aria-disabled"), None);
    assert_eq!((page.at(1).source.as_str(), page.at(1).status.as_str()), ("/s.pdf", "Open PDF"));
}

#[test]
fn words_of_the_page_win_while_it_is_made() {
    let mut config = AssetConfig::new();
    config.extend(r#"{"texts":{"pending":"Gleich geht es los"}}"#);
    let mut page = Page::with(config);
    page.mount(1, "s", "cover", Shape::default());
    let yields = |page: &Page| {
        page.patches[0].ops.iter().find_map(|op| match op {
            Op::Status { yields, .. } => Some(*yields),
            _ => None,
        })
    };
    assert_eq!(yields(&page), Some(false), "a text that was set for it is meant");
    page.asset(1, "cover", json!("generating"));
    assert_eq!(yields(&page), Some(true));
    page.asset(2, "cover", json!("failed"));
    assert_eq!(yields(&page), Some(false));
}

#[test]
fn what_the_page_says_of_all_assets_counts_before_what_we_say_of_one() {
    let mut config = AssetConfig::new();
    config.extend(r#"{"texts":{"generating":"{} kommt","audio":{"generating":"Wird gesprochen"}}}"#);
    for (asset, text) in [("scenes", "Scenes kommt"), ("audio", "Wird gesprochen")] {
        let text = text.to_owned();
        assert_eq!(config.text(asset, "generating", config.name(asset)), text);
    }
}

#[test]
fn a_retry_is_asked_for_once_and_says_what_came_of_it() {
    let mut page = Page::showing("text");
    page.asset(1, "content", json!("failed"));
    page.assets.retry_clicked(ElementId(1));
    page.assets.retry_clicked(ElementId(1));
    page.paint();
    let request = page.assets.poll_retry().unwrap();
    assert_eq!((request.story.as_str(), request.asset.as_str()), ("s", "text"));
    assert_eq!(request.types, ["content"], "the backend's own name");
    assert_eq!(page.assets.poll_retry(), None);
    assert!(page.at(1).retry.as_ref().unwrap().pending);
    assert_eq!(page.at(1).retry.as_ref().unwrap().label, "Trying again");
    for (outcome, words, pending) in [
        (RetryOutcome::Nothing, "There is nothing to try again", false),
        (RetryOutcome::Wait { seconds: 30 }, "Please try again in 30 s", true),
        (RetryOutcome::Failed, "That did not work", false),
        (
            RetryOutcome::Payment { upgrade: Some("javascript:1".into()) },
            "Your plan does not include more of these",
            false,
        ),
    ] {
        page.assets.retry_settled("s", "text", outcome);
        page.paint();
        let button = page.at(1).retry.clone().unwrap();
        assert_eq!((button.label.as_str(), button.pending, button.upgrade), ("Try again", pending, None));
        assert_eq!((page.at(1).status.as_str(), page.said.last().unwrap().as_str()), (words, words));
        page.assets.retry("s", "text");
        page.paint();
    }
    page.assets.retry_settled("s", "text", RetryOutcome::Payment { upgrade: Some("https://x.test/plans".into()) });
    page.paint();
    assert_eq!(page.at(1).retry.as_ref().unwrap().upgrade.as_ref().unwrap().1, "https://x.test/plans");
    page.assets.retry("s", "text");
    page.assets.retry_settled("s", "text", RetryOutcome::Retried);
    page.paint();
    assert_eq!((page.at(1).state(), &page.at(1).retry), ("pending", &None));
}

#[test]
fn a_button_that_has_to_wait_comes_back_when_the_time_is_over() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!("failed"));
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Wait { seconds: 30 });
    page.assets.retry_settled("s", "cover", RetryOutcome::Wait { seconds: 0 });
    page.paint();
    assert!(!page.at(1).retry.as_ref().unwrap().pending);
    assert_eq!(page.at(1).status, "Cover could not be made");
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Wait { seconds: 0 });
    page.paint();
    assert!(page.at(1).retry.as_ref().unwrap().pending, "it is being asked for again by now");
}

#[test]
fn a_retry_opens_the_door_for_newer_news_alone() {
    let mut page = Page::showing("cover");
    page.asset(5, "cover", json!({ "status": "ready", "url": "/old.png" }));
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Retried);
    page.paint();
    assert_eq!(page.status("cover"), Status::Pending);
    page.asset(5, "cover", json!({ "status": "ready", "url": "/old.png" }));
    page.asset(4, "cover", json!({ "status": "ready", "url": "/older.png" }));
    assert_eq!(page.status("cover"), Status::Pending, "that was known before");
    let row = json!({ "cover_url": "/old.png", "asset_generation_status": { "assets": { "cover": "generating" } } });
    page.row(6, &row);
    assert_eq!(page.status("cover"), Status::Generating, "the column still holds the old picture");
    page.asset(7, "cover", json!({ "status": "ready", "url": "/new.png" }));
    assert_eq!(page.at(1).source, "/new.png");
    page.asset(8, "cover", json!("generating"));
    assert_eq!(page.status("cover"), Status::Ready, "the door is closed again");
}

#[test]
fn a_retry_that_is_refused_leaves_ready_as_it_was() {
    let mut page = Page::showing("cover");
    page.asset(5, "cover", json!({ "status": "ready", "url": "/c.png" }));
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Payment { upgrade: None });
    page.asset(6, "cover", json!("generating"));
    assert_eq!(page.status("cover"), Status::Ready);
}

#[test]
fn news_that_overtakes_the_answer_stands() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!("failed"));
    page.assets.retry("s", "cover");
    page.asset(2, "cover", json!({ "status": "generating", "progress": 30 }));
    page.assets.retry_settled("s", "cover", RetryOutcome::Retried);
    page.paint();
    assert_eq!((page.at(1).state(), page.at(1).attributes["data-progress"].as_str()), ("generating", "30"));
}

#[test]
fn retrying_scenes_retries_those_that_failed() {
    let mut page = Page::showing("scenes");
    let row = json!({ "asset_generation_status": { "assets": {
        "scene_1": { "status": "ready", "url": "/1.png" }, "scene_2": "failed", "scene_3": "failed" } } });
    page.row(1, &row);
    assert_eq!(page.at(1).state(), "failed");
    page.assets.retry_clicked(ElementId(1));
    assert_eq!(page.assets.poll_retry().unwrap().types, ["scene_2", "scene_3"]);
    page.assets.retry_settled("s", "scenes", RetryOutcome::Retried);
    page.paint();
    assert_eq!(page.status("scene_2"), Status::Pending);
    assert_eq!(page.at(1).state(), "generating");
    page.row(1, &row);
    assert_eq!(page.at(1).state(), "generating", "the same row is no news");
}

#[test]
fn a_problem_is_said_and_the_last_good_state_stays() {
    let mut page = Page::showing("cover");
    page.assets.mount_story(ElementId(2), "s");
    page.mount(3, "s", "pdf", shape(Medium::Link));
    page.mount(4, "s", "pdf", Shape::default());
    page.asset(1, "pdf", json!({ "status": "ready", "url": "/s.pdf" }));
    page.assets.set_problem("s", Some(Problem::Unreachable));
    page.paint();
    assert_eq!(page.at(1).status, "No connection");
    assert_eq!(page.at(2).attributes["data-story-problem"], "unreachable");
    assert_eq!(page.at(3).state(), "ready");
    assert_eq!(page.at(3).status, "Open PDF", "the words of a link are its name");
    assert_eq!(page.at(4).status, "", "the link that is made has its own");
    page.assets.set_problem("s", None);
    page.paint();
    assert_eq!(page.at(1).status, "Waiting to start");
    assert_eq!(page.at(2).attributes.get("data-story-problem"), None);
}

#[test]
fn the_container_says_what_the_story_is() {
    let mut page = Page::new();
    page.assets.mount_story(ElementId(1), "s");
    page.paint();
    assert_eq!(page.at(1).attributes["data-story-state"], "pending");
    page.asset(1, "cover", json!("generating"));
    assert_eq!(page.at(1).attributes["data-story-state"], "generating");
    page.row(2, &json!({ "asset_generation_status": { "assets": { "cover": "ready", "pdf": "failed" } } }));
    assert_eq!(page.at(1).attributes["data-story-state"], "partial");
}

#[test]
fn an_element_that_was_wiped_is_painted_anew() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    let before = page.at(1).clone();
    page.shown.clear();
    page.assets.mount(ElementId(1), "s", "cover", Shape::default());
    page.paint();
    assert_eq!(page.at(1), &before);
}

#[test]
fn stories_are_wanted_by_handles_and_elements_and_those_in_view_come_first() {
    let mut page = Page::new();
    page.assets.mount(ElementId(1), "far", "cover", Shape::default());
    page.mount(2, "near", "cover", Shape::default());
    page.assets.open("handle");
    assert_eq!(page.assets.wanted().collect::<Vec<_>>(), ["near", "handle", "far"]);
    page.assets.close("handle");
    page.assets.unmount(ElementId(2));
    page.assets.unmount(ElementId(2));
    assert_eq!(page.assets.wanted().collect::<Vec<_>>(), ["far"]);
    page.assets.mount(ElementId(1), "other", "cover", Shape::default());
    assert_eq!(page.assets.wanted().collect::<Vec<_>>(), ["other"]);
}

#[test]
fn a_card_that_is_hidden_and_shown_again_is_right_at_once() {
    let mut page = Page::showing("cover");
    page.asset(1, "cover", json!({ "status": "ready", "url": "/c.png" }));
    page.assets.unmount(ElementId(1));
    page.mount(2, "s", "cover", Shape::default());
    assert_eq!(page.at(2).state(), "ready");
    for other in 0..200 {
        page.assets.open(&format!("other {other}"));
        page.assets.close(&format!("other {other}"));
    }
    assert_eq!(page.at(2).state(), "ready");
    assert_eq!(page.assets.wanted().collect::<Vec<_>>(), ["s"]);
}

/// Many backends have a column `updated_at` that nothing ever sets again.
#[test]
fn a_retry_goes_on_although_nobody_counts_the_versions() {
    let mut page = Page::showing("cover");
    page.asset(5, "cover", json!({ "status": "failed" }));
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Retried);
    page.asset(5, "cover", json!({ "status": "failed" }));
    assert_eq!(page.status("cover"), Status::Pending, "that was known before");
    page.asset(5, "cover", json!({ "status": "generating", "progress": 10 }));
    assert_eq!(page.status("cover"), Status::Generating);
    page.asset(5, "cover", json!({ "status": "failed" }));
    assert_eq!(page.status("cover"), Status::Failed, "it failed again");
    page.assets.retry("s", "cover");
    page.assets.retry_settled("s", "cover", RetryOutcome::Retried);
    page.asset(5, "cover", json!({ "status": "ready", "url": "/new.png" }));
    assert_eq!(page.status("cover"), Status::Ready);
}

#[test]
fn a_list_counts_before_the_address_of_a_file_with_the_same() {
    let mut page = Page::showing("activities");
    page.mount(2, "s", "activities", shape(Medium::Link));
    page.row(
        1,
        &json!({
            "activities": [{ "title": "Paint" }, { "title": "Listen" }],
            "asset_generation_status": { "assets": { "activities": { "status": "ready", "url": "/activities.json" } } },
        }),
    );
    assert_eq!((page.at(1).items.len(), page.at(1).source.as_str()), (2, ""));
    // A link leads to the file all the same.
    assert_eq!((page.at(2).items.len(), page.at(2).source.as_str()), (0, "/activities.json"));
}

#[test]
fn the_elements_of_an_asset_are_found_wherever_they_were_mounted() {
    let mut page = Page::showing("cover");
    let ids = |page: &Page, story: &str, asset: &str| -> Vec<u32> {
        page.assets.elements(story, asset).map(|element| element.0).collect()
    };
    for (element, story) in [(20, "t"), (30, "s"), (10, "t"), (40, "t")] {
        page.assets.mount(ElementId(element), story, "cover", Shape::default());
    }
    page.assets.mount_story(ElementId(25), "t");
    assert_eq!(ids(&page, "t", "cover"), [10, 20, 40]);
    assert_eq!(ids(&page, "t", ""), [25]);
    assert_eq!(ids(&page, "s", "cover"), [1, 30]);
    // One goes, one is another story's from now on, and one comes again.
    page.assets.unmount(ElementId(10));
    page.assets.mount(ElementId(20), "s", "cover", Shape::default());
    assert_eq!(ids(&page, "t", "cover"), [40]);
    assert_eq!(ids(&page, "s", "cover"), [1, 20, 30]);
    page.assets.mount(ElementId(5), "t", "cover", Shape::default());
    assert_eq!(ids(&page, "t", "cover"), [5, 40]);
    for element in [5, 25, 40] {
        page.assets.unmount(ElementId(element));
    }
    assert_eq!(ids(&page, "t", "cover"), [0u32; 0]);
    page.assets.mount(ElementId(60), "t", "audio", Shape::default());
    page.assets.mount(ElementId(50), "t", "cover", Shape::default());
    assert_eq!(ids(&page, "t", "cover"), [50]);
    assert_eq!(ids(&page, "nobody's", "cover"), [0u32; 0]);
}
