//! Readings of a feeling: what is kept, where it stands in the box, what is said of it.

use proptest::prelude::*;
use storywire::core::emotion::Readings;

fn reading(emotion: &str, intensity: &str) -> String {
    format!(
        r#"{{"type":"emotion_detected","emotion":{emotion:?},"intensity":{intensity},"timestamp":"2026-11-22T10:00:00Z"}}"#
    )
}

fn with(list: &[(&str, &str)], limit: usize) -> Readings {
    let mut readings = Readings::new(limit, 10);
    for (emotion, intensity) in list {
        assert!(readings.push(&reading(emotion, intensity)));
    }
    readings
}

#[test]
fn an_intensity_is_a_share_of_its_scale_or_unknown() {
    let percent = |intensity: &str, scale| {
        let mut readings = Readings::new(5, scale);
        readings.push(&reading("joy", intensity));
        readings.latest().unwrap().percent
    };
    assert_eq!([percent("7", 10), percent("7.25", 10), percent("\"7\"", 10)], [Some(70), Some(72), Some(70)]);
    assert_eq!([percent("0.5", 1), percent("1", 1), percent("55", 100)], [Some(50), Some(100), Some(55)]);
    for odd in ["-5", "1e9", "11", "\"NaN\"", "\"abc\"", "null", "{}", "[]", "true", "\"\"", "99999999999999999999"] {
        assert_eq!(percent(odd, 10), None, "{odd}");
    }
}

#[test]
fn what_names_no_emotion_is_no_reading() {
    let mut readings = Readings::new(5, 10);
    for odd in ["", "no json", "[]", "{}", r#"{"emotion":5}"#, r#"{"emotion":"  "}"#, r#"{"emotion":null}"#] {
        assert!(!readings.push(odd), "{odd}");
    }
    assert_eq!(readings.summary(), "No readings yet.");
}

#[test]
fn a_long_word_is_cut_and_markup_is_only_text() {
    let readings = with(&[(&"é".repeat(100_000), "1")], 5);
    assert_eq!(readings.latest().unwrap().emotion.chars().count(), 40);
    let view = with(&[("<img onerror=\"x\">", "1")], 5).view(100, 50);
    let view: serde_json::Value = serde_json::from_str(&view).unwrap();
    assert_eq!(view["readings"][0]["emotion"], "<img onerror=\"x\">");
}

#[test]
fn the_last_reading_stands_at_the_right_edge_and_zero_at_the_bottom() {
    let readings = with(&[("a", "0"), ("b", "5"), ("c", "10")], 5);
    assert_eq!(readings.points(400, 100), [Some((200, 100)), Some((300, 50)), Some((400, 0))]);
    assert_eq!(with(&[("a", "null"), ("b", "5")], 2).points(10, 10), [None, Some((10, 5))]);
    assert_eq!(with(&[("a", "5")], 1).points(10, 10), [Some((10, 5))]);
}

#[test]
fn a_summary_says_what_the_line_shows() {
    assert_eq!(with(&[("joy", "8")], 5).summary(), "1 reading. Latest: joy, 80 percent.");
    let readings = with(&[("joy", "8"), ("fear", "2"), ("calm", "5")], 5);
    assert_eq!(
        readings.summary(),
        "3 readings. Latest: calm, 50 percent. Highest: joy, 80 percent. Lowest: fear, 20 percent."
    );
    assert_eq!(with(&[("joy", "null"), ("fear", "null")], 5).summary(), "2 readings. Latest: fear.");
}

proptest! {
    #[test]
    fn the_last_readings_are_kept_and_stay_in_their_box(
        intensities in prop::collection::vec(0u32..=10, 0..60), limit in 1usize..30, width in 1u32..2_000, height in 1u32..500
    ) {
        let mut readings = Readings::new(limit, 10);
        for (at, intensity) in intensities.iter().enumerate() {
            readings.push(&reading(&format!("e{at}"), &intensity.to_string()));
        }
        let view: serde_json::Value = serde_json::from_str(&readings.view(width, height)).unwrap();
        let shown = view["readings"].as_array().unwrap();
        prop_assert_eq!(shown.len(), intensities.len().min(limit));
        for (of, shown) in intensities.iter().rev().zip(shown.iter().rev()) {
            prop_assert_eq!(&shown["percent"], &serde_json::json!(of * 10));
            prop_assert!(shown["x"].as_u64().unwrap() <= u64::from(width) && shown["y"].as_u64().unwrap() <= u64::from(height));
        }
    }

    #[test]
    fn no_text_breaks_it(text in "\\PC{0,60}") {
        let mut readings = Readings::new(3, 10);
        readings.push(&text);
        readings.push(&format!("{{\"emotion\":{text:?},\"intensity\":{text:?}}}"));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&readings.view(10, 10)).is_ok());
    }
}
