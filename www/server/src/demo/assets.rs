//! The demo's files below `/files/<story>/`, made when they are asked for, with ranges as players want them.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{narration, paper, picture};
use crate::app::Shared;
use crate::db::Row;

/// Pictures of scenes.
const SCENES: u32 = 4;

/// The demo's story, one sentence a caption.
pub const SENTENCES: [&str; 8] = [
    "Every evening, when the hills turned blue, a little fox lit a lantern.",
    "She carried it down to the river, where the boats were coming home.",
    "One night the wind blew the flame out, and the valley was dark.",
    "\"Do not worry,\" said the moth. \"I know where the light goes when it rests.\"",
    "They climbed past the mill, past the pines, up to the last stone.",
    "There lay the moon, low and round, as if it had been waiting.",
    "The fox held up her lantern, and the moon leaned down and lit it.",
    "Since that night the boats have two lights to come home by.",
];

/// Where an asset of a story is found.
pub fn url(base: &str, asset: &str) -> String {
    let file = match asset {
        "text" => "story.txt",
        "cover" => "cover.svg",
        "audio" => "narration.wav",
        "scenes" => "scenes.json",
        "activities" => "activities.json",
        "pdf" => "story.pdf",
        other => return format!("{base}/{other}.txt"),
    };
    format!("{base}/{file}")
}

/// The further columns that real backends fill when an asset is ready.
pub fn columns(base: &str, asset: &str) -> Row {
    let mut columns = Row::new();
    let mut set = |name: &str, value: Value| columns.insert(name.into(), value);
    match asset {
        "text" => set("content", json!({ "text": text(), "paragraphs": SENTENCES })),
        "cover" => set("cover_art_url", json!(url(base, "cover"))),
        "audio" => set("webvtt_url", json!(format!("{base}/narration.vtt"))),
        "scenes" => set("scene_art_urls", scenes(base)),
        "activities" => set("activities", activities()),
        _ => None,
    };
    columns
}

/// `GET /files/:story/:file`
pub async fn file(
    State(server): State<Shared>,
    Path((story, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let rows = server.db.rows("stories");
    let row = rows.iter().find(|row| row.get("id").and_then(Value::as_str) == Some(&story));
    let title = row.and_then(|row| row.get("title")).and_then(Value::as_str).unwrap_or("A story").to_owned();
    let base = format!("{}/files/{story}", super::origin(&headers));
    let (kind, bytes) = match file.as_str() {
        "cover.svg" => ("image/svg+xml", picture::cover(&title).into()),
        "narration.wav" => ("audio/wav", narration::wav()),
        "narration.vtt" => ("text/vtt; charset=utf-8", narration::captions(&SENTENCES).into()),
        "story.txt" => ("text/plain; charset=utf-8", text().into()),
        "story.pdf" => ("application/pdf", paper::pdf(&title, &SENTENCES).into()),
        "scenes.json" => ("application/json", scenes(&base).to_string().into()),
        "activities.json" => ("application/json", activities().to_string().into()),
        other => match other.strip_prefix("scene-").and_then(|rest| rest.strip_suffix(".svg")?.parse::<u32>().ok()) {
            Some(number) if (1..=SCENES).contains(&number) => ("image/svg+xml", picture::scene(number).into()),
            _ => return (StatusCode::NOT_FOUND, "Not Found").into_response(),
        },
    };
    ranged(kind, bytes, headers.get(header::RANGE).and_then(|range| range.to_str().ok()))
}

/// The whole, or the part that was asked for.
fn ranged(kind: &'static str, bytes: Bytes, range: Option<&str>) -> Response {
    let whole = bytes.len();
    let fixed = [(header::CONTENT_TYPE, kind), (header::ACCEPT_RANGES, "bytes"), (header::CACHE_CONTROL, "no-cache")];
    let sandbox = [(HeaderName::from_static("content-security-policy"), "script-src 'none'")];
    match range.map(|range| part(range, whole)) {
        None | Some(Range::Ignored) => (fixed, sandbox, bytes).into_response(),
        Some(Range::Part(from, to)) => {
            let span = [(header::CONTENT_RANGE, format!("bytes {from}-{to}/{whole}"))];
            (StatusCode::PARTIAL_CONTENT, fixed, sandbox, span, bytes.slice(from..=to)).into_response()
        }
        Some(Range::Beyond) => {
            let span = [(header::CONTENT_RANGE, format!("bytes */{whole}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, span).into_response()
        }
    }
}

#[derive(Debug, PartialEq)]
enum Range {
    /// No range that is understood here: the whole answers it.
    Ignored,
    /// First and last byte.
    Part(usize, usize),
    Beyond,
}

fn part(range: &str, whole: usize) -> Range {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::Ignored;
    };
    let bounds = match (from.trim().parse::<usize>(), to.trim().parse::<usize>()) {
        (Ok(from), Ok(to)) if from <= to => (from, to.min(whole.saturating_sub(1))),
        (Ok(from), Err(_)) if to.trim().is_empty() => (from, whole.saturating_sub(1)),
        (Err(_), Ok(last)) if from.trim().is_empty() && last > 0 => {
            (whole.saturating_sub(last), whole.saturating_sub(1))
        }
        _ => return Range::Ignored,
    };
    if bounds.0 >= whole { Range::Beyond } else { Range::Part(bounds.0, bounds.1) }
}

fn text() -> String {
    SENTENCES.join("\n\n")
}

fn scenes(base: &str) -> Value {
    (1..=SCENES).map(|number| json!(format!("{base}/scene-{number}.svg"))).collect()
}

fn activities() -> Value {
    json!([
        { "title": "Paint the lantern", "description": "Fold a paper lantern and give it the colours of the evening.", "minutes": 20 },
        { "title": "Listen at night", "description": "Open the window for one minute and name five sounds.", "minutes": 5 },
        { "title": "What happens next?", "description": "Tell the story of the second boat.", "minutes": 15 },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        assert_eq!(part("bytes=0-", 10), Range::Part(0, 9));
        assert_eq!(part("bytes=2-4", 10), Range::Part(2, 4));
        assert_eq!(part("bytes=-3", 10), Range::Part(7, 9));
        assert_eq!(part("bytes=10-", 10), Range::Beyond);
        assert_eq!(part("lines=1-2", 10), Range::Ignored);
    }
}
