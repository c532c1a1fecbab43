//! Content comes into each kind of element, once, and never as markup.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use crate::stage::{DomEvent, OTHER_PIXEL, PIXEL, Stage, turn};

#[wasm_bindgen_test]
async fn an_image_keeps_its_alt_and_loses_what_would_win_over_the_address() {
    let stage = Stage::with(
        "<picture><source srcset='/x.png'><img data-asset=cover alt=Kept srcset='/y.png 2x' sizes='1px'></picture>",
    );
    stage.ready(1, "cover", PIXEL);
    stage.until("a picture", |stage| stage.at("img").get_attribute("src").as_deref() == Some(PIXEL)).await;
    let image = stage.at("img");
    assert_eq!(image.get_attribute("alt").as_deref(), Some("Kept"));
    assert!(!image.has_attribute("srcset") && !image.has_attribute("sizes"));
}

#[wasm_bindgen_test]
async fn a_picture_element_shows_it_too() {
    let stage = Stage::with("<picture data-asset=cover><source srcset='/x.png'><img alt=''></picture>");
    stage.ready(1, "cover", PIXEL);
    stage.until("a picture", |stage| stage.at("img").get_attribute("src").as_deref() == Some(PIXEL)).await;
    assert!(!stage.at("source").has_attribute("srcset"));
}

#[wasm_bindgen_test]
async fn the_last_address_wins_however_long_decoding_takes() {
    let stage = Stage::with("<img data-asset=cover alt=''>");
    stage.ready(1, "cover", PIXEL);
    stage.ready(2, "cover", OTHER_PIXEL);
    stage.until("the other", |stage| stage.at("img").get_attribute("src").as_deref() == Some(OTHER_PIXEL)).await;
    stage.rest().await;
    assert_eq!(stage.at("img").get_attribute("src").as_deref(), Some(OTHER_PIXEL));
}

#[wasm_bindgen_test]
async fn a_picture_that_does_not_load_is_an_error_with_a_retry() {
    let stage = Stage::with("<div data-asset=cover><span class=status></span></div>");
    stage.ready(1, "cover", "data:image/png;base64,AAAA");
    stage.until("an error", |stage| stage.state() == "failed").await;
    assert_eq!(stage.at(".status").text_content().unwrap(), "Cover could not be loaded");
    stage.at("button").click();
    stage.until("another try", |stage| stage.saw(|event| matches!(event, DomEvent::Failed(_))) == 2).await;
    assert_eq!(stage.retry(), None);
    stage.ready(2, "cover", PIXEL);
    stage.until("a picture", |stage| stage.count("img") == 1).await;
    assert_eq!(stage.count("button"), 0);
}

#[wasm_bindgen_test]
async fn audio_is_not_started_again_by_the_same_news() {
    let stage = Stage::with("<audio data-asset=audio></audio>");
    let starts = Rc::new(Cell::new(0));
    let count = starts.clone();
    let listener = Closure::<dyn FnMut()>::new(move || count.set(count.get() + 1));
    stage.at("audio").add_event_listener_with_callback("loadstart", listener.as_ref().unchecked_ref()).unwrap();
    let row = r#"{"audio_url":"blob:nothing","webvtt_url":"/a.vtt"}"#;
    stage.row(1, row);
    turn().await;
    stage.row(2, row);
    // The page writes into it, so that it is painted anew.
    stage.at("audio").append_child(&stage.at("track").clone_node().unwrap()).unwrap();
    stage.until("a failure", |stage| stage.saw(|event| matches!(event, DomEvent::Failed(_))) > 0).await;
    assert_eq!(starts.get(), 1);
    assert_eq!(stage.at("track").get_attribute("src").as_deref(), Some("/a.vtt"));
    assert_eq!(stage.state(), "failed");
    stage.at("audio + span button").click();
    stage.until("another start", |_| starts.get() == 2).await;
}

#[wasm_bindgen_test]
async fn containers_get_a_fitting_child_once() {
    for (asset, url, selector) in [
        ("audio", "blob:x", "audio[controls]"),
        ("film", "https://127.0.0.1:9/x.mp4", "video[controls]"),
        ("pdf", "/s.pdf", "a[href='/s.pdf']"),
    ] {
        let stage = Stage::with(&format!("<div data-asset={asset}><h3>Title</h3></div>"));
        stage.ready(1, asset, url);
        stage.asset(2, asset, &format!(r#"{{"status":"ready","url":"{url}#2"}}"#));
        assert_eq!(stage.count("[data-asset] > :not(h3)"), 1, "{asset}");
        assert_eq!(stage.count(selector.split(['=', '[']).next().unwrap()), 1);
        assert_eq!(stage.count("h3"), 1);
    }
}

#[wasm_bindgen_test]
async fn a_link_gets_its_address_and_keeps_its_words() {
    let stage = Stage::with("<a data-asset=pdf class=pdf-download><span class=status>Creating PDF…</span></a>");
    stage.pump();
    assert_eq!(stage.at("a").get_attribute("aria-disabled").as_deref(), Some("true"));
    stage.ready(1, "pdf", "/s.pdf");
    assert_eq!(stage.at("a").get_attribute("href").as_deref(), Some("/s.pdf"));
    assert_eq!(stage.at(".status").text_content().unwrap(), "Open PDF");
    assert!(!stage.at("a").has_attribute("aria-disabled"));
    let bare = Stage::with("<a data-asset=pdf></a>");
    bare.ready(1, "pdf", "/s.pdf");
    assert_eq!(bare.at("a").text_content().unwrap(), "Open PDF");
}

#[wasm_bindgen_test]
async fn a_background_cannot_be_left_by_quotes() {
    let stage = Stage::with("<div data-asset=cover data-asset-as=background></div>");
    stage.ready(
        1,
        "cover",
        r#"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>#\"),url(\"x"#,
    );
    stage
        .until("a background", |stage| {
            !stage.at("[data-asset]").style().get_property_value("background-image").unwrap().is_empty()
        })
        .await;
    let image = stage.at("[data-asset]").style().get_property_value("background-image").unwrap();
    assert_eq!(image.matches("url(").count(), 2, "the second one is text within the first: {image}");
    assert!(image.contains("%22"), "{image}");
}

#[wasm_bindgen_test]
async fn text_is_text_beside_the_page_s_design() {
    let markup = r#"<img src=x onerror=\"window.broken=1\">"#;
    for (html, selector) in [
        ("<p data-asset=text>Loading…</p>", "p"),
        ("<div data-asset=text><span class=status>Writing…</span></div>", "[data-asset]"),
        ("<div data-asset=text><h3>T</h3><p data-asset-content></p></div>", "p"),
    ] {
        let stage = Stage::with(html);
        stage.row(1, &format!(r#"{{"content":{{"text":"{markup}"}}}}"#));
        stage.row(2, &format!(r#"{{"content":{{"text":"{markup} more"}}}}"#));
        assert_eq!(stage.count("img"), 0);
        assert_eq!(stage.at(selector).text_content().unwrap().trim(), r#"<img src=x onerror="window.broken=1"> more"#);
    }
}

#[wasm_bindgen_test]
async fn a_template_is_repeated_for_each_item() {
    let stage = Stage::with(
        "<ul data-asset=activities><template><li><b data-asset-field=title></b><a data-asset-field=url>Go</a></li></template></ul>",
    );
    stage.row(1, r#"{"activities":[{"title":"<i>Draw</i>","url":"javascript:1"},{"title":"Sing","url":"/sing"}]}"#);
    assert_eq!(stage.count("li"), 2);
    assert_eq!(stage.at("b").text_content().unwrap(), "<i>Draw</i>");
    assert!(!stage.at("li:nth-of-type(1) a").has_attribute("href"));
    assert_eq!(stage.at("li:nth-of-type(2) a").get_attribute("href").as_deref(), Some("/sing"));
    stage.row(2, r#"{"activities":[{"title":"Dance"}]}"#);
    assert_eq!((stage.count("li"), stage.at("b").text_content().unwrap().as_str()), (1, "Dance"));
}

#[wasm_bindgen_test]
async fn the_first_item_is_repeated_and_places_are_kept() {
    let stage = Stage::with("<div data-asset=scenes><figure data-asset-item><img alt=Scene></figure><p>End</p></div>");
    stage.row(1, &format!(r#"{{"scene_art_urls":["{PIXEL}","",""]}}"#));
    assert_eq!(stage.count("figure"), 3);
    assert_eq!(stage.count("img[src]"), 1);
    assert_eq!(stage.count("figure[data-asset-state=pending]"), 2);
    stage.row(2, &format!(r#"{{"scene_art_urls":["{PIXEL}","","{OTHER_PIXEL}"]}}"#));
    assert_eq!(stage.at("figure:nth-of-type(3) img").get_attribute("src").as_deref(), Some(OTHER_PIXEL));
    let list = stage.at("[data-asset]");
    assert_eq!(list.last_element_child().unwrap().tag_name(), "P");
    // A clone of the list has its items already.
    let clone: HtmlElement = list.clone_node_with_deep(true).unwrap().unchecked_into();
    stage.at("[data-story-id]").append_child(&clone).unwrap();
    stage.rest().await;
    assert_eq!(stage.count("figure"), 6);
}

#[wasm_bindgen_test]
async fn a_list_without_a_design_gets_one_child_an_item() {
    let stage = Stage::with("<div data-asset=scenes></div><div data-asset=activities></div>");
    stage.row(
        1,
        &format!(r#"{{"scene_art_urls":["{PIXEL}",""],"activities":["Draw",{{"title":"Sing","url":"/sing"}}]}}"#),
    );
    stage.until("scenes", |stage| stage.count("[data-asset=scenes] > img") == 2).await;
    stage.until("activities", |stage| stage.count("[data-asset=activities] > p") == 2).await;
    assert_eq!(stage.at("[data-asset=activities] p a").get_attribute("href").as_deref(), Some("/sing"));
}

#[wasm_bindgen_test]
async fn pictures_far_away_wait_until_they_are_near() {
    let stage = Stage::with(
        "<div data-asset=cover></div><div style='height: 9000px'></div><div id=far data-asset=cover></div>",
    );
    stage.ready(1, "cover", PIXEL);
    stage.until("the near one", |stage| stage.count("img") == 1).await;
    stage.rest().await;
    assert_eq!(stage.count("#far img"), 0);
    assert_eq!(stage.at("#far").get_attribute("data-asset-state").as_deref(), Some("ready"));
    stage.at("#far").scroll_into_view();
    stage.until("the far one", |stage| stage.count("#far img") == 1).await;
}

#[wasm_bindgen_test]
async fn an_attribute_that_goes_while_a_picture_loads_breaks_nothing() {
    let stage = Stage::with("<div data-asset=cover></div>");
    stage.ready(1, "cover", PIXEL);
    stage.at("[data-asset]").remove_attribute("data-asset").unwrap();
    stage.rest().await;
    assert_eq!(stage.count("img"), 0);
}
