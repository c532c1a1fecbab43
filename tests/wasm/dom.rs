//! Elements are found, painted, healed and let go.

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{CustomEvent, HtmlElement};

use crate::stage::{DomEvent, PIXEL, Stage, document, page, turn};

const CARD: &str = r#"<div class="cover skeleton" data-asset="cover">
    <div class="progress-bar" style="width: 0%; height: 4px"></div><h3>Title</h3><span class="status">Wird gemalt…</span></div>"#;

#[wasm_bindgen_test]
async fn a_card_goes_from_skeleton_to_picture() {
    let stage = Stage::with(CARD);
    stage.asset(1, "cover", r#"{"status":"generating","progress":42}"#);
    let card = stage.at("[data-asset]");
    assert!(card.class_list().contains("skeleton") && card.class_list().contains("animating"));
    assert_eq!(card.get_attribute("data-progress").as_deref(), Some("42"));
    assert_eq!(stage.at("[data-story-id]").get_attribute("data-story-state").as_deref(), Some("generating"));
    assert_eq!(stage.at(".status").text_content().unwrap(), "Wird gemalt…", "the page's own words stay");
    stage.ready(2, "cover", PIXEL);
    stage.until("a picture", |stage| !stage.at("[data-asset]").class_list().contains("skeleton")).await;
    assert_eq!(stage.at("img").get_attribute("src").as_deref(), Some(PIXEL));
    assert_eq!(stage.at("img").get_attribute("alt").as_deref(), Some("Cover"));
    assert_eq!(card.class_name(), "cover");
    assert_eq!(stage.at("h3").text_content().unwrap(), "Title");
    assert_eq!(stage.at(".status").text_content().unwrap(), "");
    assert_eq!(stage.at("[data-story-id]").get_attribute("data-story-state").as_deref(), Some("completed"));
}

#[wasm_bindgen_test]
async fn a_bar_shows_its_width_without_a_stylesheet_of_ours() {
    let stage = Stage::with(CARD);
    stage.asset(1, "cover", r#"{"status":"generating","progress":25}"#);
    let bar = stage.at(".progress-bar");
    let share = bar.get_bounding_client_rect().width() / stage.at("[data-asset]").get_bounding_client_rect().width();
    assert!((0.24..0.26).contains(&share), "{share}");
    assert_eq!(bar.get_attribute("aria-valuenow").as_deref(), Some("25"));
    assert_eq!(bar.get_attribute("aria-label").as_deref(), Some("Cover"));
    stage.asset(2, "cover", r#"{"status":"generating"}"#);
    assert_eq!(bar.get_attribute("aria-valuenow"), None);
    assert_eq!(bar.get_attribute("aria-valuetext").as_deref(), Some("Cover is being made"));
    assert_eq!(bar.get_bounding_client_rect().width(), 0.0);
    stage.asset(3, "cover", r#"{"status":"generating","progress":7}"#);
    assert_eq!(bar.style().get_property_value("transform").unwrap(), "scaleX(0.07)");
}

#[wasm_bindgen_test]
async fn a_design_of_the_pages_own_has_the_progress_as_a_custom_property() {
    let stage = Stage::with("<div data-story-id=s><div data-asset=cover></div></div>");
    let share = || stage.at("[data-asset]").style().get_property_value("--asset-progress").unwrap();
    stage.asset(1, "cover", r#"{"status":"generating","progress":25}"#);
    stage.asset(2, "cover", r#"{"status":"generating","progress":7}"#);
    assert_eq!(share(), "0.07");
    stage.asset(3, "cover", r#"{"status":"generating"}"#);
    assert_eq!(share(), "", "unknown is not nothing");
}

#[wasm_bindgen_test]
async fn a_bar_grows_from_the_right_where_one_reads_from_there() {
    let stage = Stage::with(&format!("<div dir=rtl>{CARD}</div>"));
    stage.asset(1, "cover", r#"{"status":"generating","progress":25}"#);
    let (bar, card) = (stage.at(".progress-bar"), stage.at("[data-asset]"));
    let gap = bar.get_bounding_client_rect().right() - card.get_bounding_client_rect().right();
    assert!(gap.abs() < 1.0, "{gap}");
}

#[wasm_bindgen_test]
async fn elements_that_come_later_are_right_at_once() {
    let stage = Stage::with("");
    stage.pump();
    stage.asset(1, "cover", r#""failed""#);
    stage.at("[data-story-id]").set_inner_html("<p><i data-asset=cover></i></p>");
    stage.until("the new one", |stage| stage.state() == "failed").await;
}

#[wasm_bindgen_test]
async fn a_clone_is_an_element_of_its_own() {
    let stage = Stage::with(CARD);
    stage.ready(1, "cover", PIXEL);
    stage.until("a picture", |stage| stage.count("img") == 1).await;
    let container = stage.at("[data-story-id]");
    let clone: HtmlElement = container.clone_node_with_deep(true).unwrap().unchecked_into();
    clone.set_attribute("data-story-id", "t").unwrap();
    stage.root.append_child(&clone).unwrap();
    stage.until("the clone", |stage| stage.count("[data-asset-state=pending]") == 1).await;
    let copy = clone.query_selector("[data-asset]").unwrap().unwrap();
    assert!(copy.class_list().contains("skeleton"));
    assert_eq!(stage.state(), "ready");
    assert_eq!(stage.assets.borrow().wanted().collect::<Vec<_>>(), ["s", "t"]);
}

#[wasm_bindgen_test]
async fn what_is_hidden_and_shown_again_is_let_go_and_found() {
    let stage = Stage::with(CARD);
    stage.rest().await;
    let card = stage.at("[data-asset]");
    let container = stage.at("[data-story-id]");
    container.remove();
    stage.until("nothing wanted", |stage| stage.assets.borrow().wanted().count() == 0).await;
    stage.asset(1, "cover", r#""failed""#);
    assert_eq!(card.get_attribute("data-asset-state").as_deref(), Some("pending"));
    stage.root.append_child(&container).unwrap();
    stage.until("found again", |stage| stage.state() == "failed").await;
}

#[wasm_bindgen_test]
async fn what_only_moves_is_not_mounted_again() {
    let stage = Stage::with(CARD);
    stage.rest().await;
    let before = stage.seen.borrow().len();
    stage.root.append_child(&stage.at("[data-story-id]")).unwrap();
    stage.rest().await;
    assert_eq!(stage.saw(|event| matches!(event, DomEvent::Unmounted(_))), 0);
    assert!(stage.seen.borrow().len() <= before + 1);
}

#[wasm_bindgen_test]
async fn content_that_the_page_wipes_comes_back() {
    let stage = Stage::with(CARD);
    stage.ready(1, "cover", PIXEL);
    stage.until("a picture", |stage| stage.count("img") == 1).await;
    stage.at("[data-asset]").set_text_content(Some("New title"));
    stage.until("the picture again", |stage| stage.count("img") == 1).await;
    stage.rest().await;
    assert!(stage.at("[data-asset]").text_content().unwrap().contains("New title"));
    assert!(!stage.at("[data-asset]").class_list().contains("skeleton"));
}

#[wasm_bindgen_test]
async fn our_own_changes_are_not_taken_for_the_page_s() {
    let stage = Stage::with(CARD);
    stage.ready(1, "cover", PIXEL);
    stage.until("a picture", |stage| stage.count("img") == 1).await;
    stage.asset(2, "cover", r#"{"status":"ready","url":"/x.png"}"#);
    stage.rest().await;
    assert_eq!(stage.saw(|event| matches!(event, DomEvent::Mounted { .. })), 1);
}

#[wasm_bindgen_test]
async fn an_id_that_is_bound_later_is_found_and_a_wized_name_is_none() {
    let stage =
        Stage::new("<div data-story-id='wized:v.storyId'><i data-asset=cover></i><i data-asset='wized:v.x'></i></div>");
    stage.rest().await;
    assert_eq!(stage.seen.borrow().len(), 0);
    let container = stage.at("[data-story-id]");
    container.set_attribute("data-story-id", "s").unwrap();
    stage.until("the story", |stage| stage.state() == "pending").await;
    container.set_attribute("data-story-id", "t").unwrap();
    stage.until("the other", |stage| stage.assets.borrow().wanted().collect::<Vec<_>>() == ["t"]).await;
    stage.at("i").remove_attribute("data-asset").unwrap();
    container.remove_attribute("data-story-id").unwrap();
    stage.until("nothing", |stage| stage.assets.borrow().wanted().count() == 0).await;
}

#[wasm_bindgen_test]
async fn an_asset_outside_a_story_is_told_once_and_hidden_ones_are_skipped() {
    let stage = Stage::new(
        "<i data-asset=cover></i><i data-asset=audio></i>
         <div data-story-id=s class=w-condition-invisible><i data-asset=cover></i></div>",
    );
    stage.rest().await;
    assert_eq!(stage.saw(|event| *event == DomEvent::Stray), 1);
    assert_eq!(stage.saw(|event| matches!(event, DomEvent::Mounted { .. })), 0);
}

#[wasm_bindgen_test]
async fn a_transition_is_said_in_the_live_region() {
    let stage = Stage::with(CARD);
    assert!(document().query_selector("[role=status][data-storywire]").unwrap().is_some());
    stage.asset(1, "cover", r#""generating""#);
    stage.asset(2, "cover", r#""failed""#);
    let said = document().query_selector_all("[role=status][data-storywire]").unwrap();
    let said = (0..said.length()).map(|at| said.get(at).unwrap().text_content().unwrap()).collect::<String>();
    assert!(said.contains("Cover could not be made"), "{said}");
}

#[wasm_bindgen_test]
async fn a_retry_button_works_keeps_the_focus_and_can_be_prevented() {
    let stage = Stage::with(CARD);
    stage.asset(1, "cover", r#""failed""#);
    let button = stage.at("[data-asset] button");
    assert_eq!(
        (button.text_content().unwrap().as_str(), button.get_attribute("type").as_deref()),
        ("Try again", Some("button"))
    );
    let prevent = Closure::<dyn FnMut(CustomEvent)>::new(|event: CustomEvent| event.prevent_default());
    let listener = prevent.as_ref().unchecked_ref();
    stage.root.add_event_listener_with_callback("storywire:before-retry", listener).unwrap();
    button.click();
    stage.pump();
    assert_eq!(stage.retry(), None);
    stage.root.remove_event_listener_with_callback("storywire:before-retry", listener).unwrap();
    button.focus().unwrap();
    button.click();
    stage.pump();
    assert_eq!(stage.retry().unwrap().types, ["cover"]);
    assert_eq!(button.get_attribute("aria-disabled").as_deref(), Some("true"));
    assert_eq!(document().active_element().as_ref(), Some(button.as_ref()));
    button.click();
    stage.pump();
    assert_eq!(stage.retry(), None);
    stage.asset(2, "cover", r#""generating""#);
    assert_eq!(stage.count("button"), 0);
    assert_eq!(document().active_element().as_ref(), Some(stage.at("[data-asset]").as_ref()));
}

#[wasm_bindgen_test]
async fn a_link_s_retry_button_stands_behind_it_and_goes_with_it() {
    let stage = Stage::with("<p><a data-asset=pdf><b class=status></b></a></p>");
    stage.asset(1, "pdf", r#""failed""#);
    assert_eq!(stage.count("a button"), 0);
    stage.at("a + span > button").click();
    stage.pump();
    assert_eq!(stage.retry().unwrap().asset, "pdf");
    stage.at("a").remove();
    stage.until("the button gone", |stage| stage.count("button") == 0).await;
}

#[wasm_bindgen_test]
async fn the_page_s_own_retry_button_is_shown_and_hidden() {
    let stage = Stage::with("<div data-asset=cover><a href='#x' data-asset-retry hidden>Nochmal</a></div>");
    stage.pump();
    stage.asset(1, "cover", r#""failed""#);
    let own = stage.at("[data-asset-retry]");
    assert!(!own.hidden());
    own.click();
    stage.pump();
    assert!(stage.retry().is_some());
    assert_ne!(document().location().unwrap().hash().unwrap(), "#x");
    assert_eq!((stage.count("button"), own.text_content().unwrap().as_str()), (0, "Nochmal"));
    stage.asset(2, "cover", r#""generating""#);
    assert!(own.hidden());
}

#[wasm_bindgen_test]
async fn an_upgrade_is_a_link_beside_the_button() {
    use storywire::core::asset::RetryOutcome;
    let stage = Stage::with(CARD);
    stage.asset(1, "cover", r#""failed""#);
    stage.assets.borrow_mut().retry("s", "cover");
    let upgrade = Some("https://x.test/plans".to_owned());
    stage.assets.borrow_mut().retry_settled("s", "cover", RetryOutcome::Payment { upgrade });
    stage.pump();
    assert_eq!(stage.at("button + a").get_attribute("href").as_deref(), Some("https://x.test/plans"));
    stage.assets.borrow_mut().retry("s", "cover");
    stage.pump();
    assert_eq!(stage.count("button + a"), 0);
}

#[wasm_bindgen_test]
async fn events_bubble_and_can_be_cancelled() {
    let stage = Stage::with(CARD);
    stage.pump();
    let prevent = Closure::<dyn FnMut(CustomEvent)>::new(|event: CustomEvent| event.prevent_default());
    stage.root.add_event_listener_with_callback("storywire:test", prevent.as_ref().unchecked_ref()).unwrap();
    let id = stage.first_id();
    assert!(stage.dom.dispatch(id, "storywire:test", &JsValue::NULL, false));
    assert!(!stage.dom.dispatch(id, "storywire:test", &JsValue::NULL, true));
}

#[wasm_bindgen_test]
async fn a_dropped_dom_is_silent() {
    let root = document().create_element("main").unwrap();
    document().body().unwrap().append_child(&root).unwrap();
    let dom = page(&root, |event| panic!("{event:?}"));
    dom.scan();
    drop(dom);
    root.set_inner_html("<div data-story-id=s><i data-asset=cover></i></div>");
    turn().await;
    root.remove();
}
