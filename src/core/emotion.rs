//! Readings of a feeling, and how they show: a word, an intensity, a line, a sentence.

use std::collections::VecDeque;

use super::base::Json;
use super::base::json_write::{push_comma, push_name, push_number, push_string};

/// The longest word that is shown, in characters; what is longer is cut.
const WORD_LIMIT: usize = 40;

/// The most readings that are kept.
const READING_LIMIT: usize = 500;

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The word for it, as the server says it.
    pub emotion: String,
    /// 0 to 100; `None` if the server says no number, or one outside of its scale.
    pub percent: Option<u8>,
    /// The server's timestamp, or empty.
    pub time: String,
}

/// The last readings, oldest first.
#[derive(Debug)]
pub struct Readings {
    list: VecDeque<Reading>,
    limit: usize,
    scale: u32,
}

impl Readings {
    /// Keeps the last `limit` readings (1 to 500); intensities go from 0 to `scale` (at least 1).
    pub fn new(limit: usize, scale: u32) -> Readings {
        Readings { list: VecDeque::new(), limit: limit.clamp(1, READING_LIMIT), scale: scale.max(1) }
    }

    /// Takes a reading: a JSON object with `emotion`, `intensity` and `timestamp`. `false` if it names no emotion.
    pub fn push(&mut self, json: &str) -> bool {
        let Some(json) = Json::parse(json) else { return false };
        let Some(word) = json.get_str("emotion") else { return false };
        let emotion: String = word.trim().chars().take(WORD_LIMIT).collect();
        if emotion.is_empty() {
            return false;
        }
        let percent = json.get("intensity").and_then(|intensity| percent_of(intensity, self.scale));
        let time: String = json.get_str("timestamp").unwrap_or_default().chars().take(WORD_LIMIT).collect();
        if self.list.len() == self.limit {
            self.list.pop_front();
        }
        self.list.push_back(Reading { emotion, percent, time });
        true
    }

    /// The last reading.
    pub fn latest(&self) -> Option<&Reading> {
        self.list.back()
    }

    /// The points of a line in a box of whole units: evenly spaced, the last one at the right edge, 0 at the bottom. A
    /// reading without an intensity has none.
    pub fn points(&self, width: u32, height: u32) -> Vec<Option<(u32, u32)>> {
        let steps = (self.limit as u32 - 1).max(1);
        let first = steps + 1 - (self.list.len() as u32).min(steps + 1);
        let place = |(at, reading): (usize, &Reading)| {
            let percent = u32::from(reading.percent?);
            Some(((first + at as u32) * width / steps, height - percent * height / 100))
        };
        self.list.iter().enumerate().map(place).collect()
    }

    /// What a person who does not see the line is told.
    pub fn summary(&self) -> String {
        let Some(latest) = self.latest() else { return String::from("No readings yet.") };
        let mut out = String::new();
        push_number(&mut out, self.list.len() as u64);
        out.push_str(if self.list.len() == 1 { " reading" } else { " readings" });
        self.push_part(&mut out, ". Latest: ", Some(latest));
        if self.list.len() > 1 {
            let known = || self.list.iter().filter(|reading| reading.percent.is_some());
            self.push_part(&mut out, ". Highest: ", known().max_by_key(|reading| reading.percent));
            self.push_part(&mut out, ". Lowest: ", known().min_by_key(|reading| reading.percent));
        }
        out.push('.');
        out
    }

    fn push_part(&self, out: &mut String, label: &str, reading: Option<&Reading>) {
        let Some(reading) = reading else { return };
        out.push_str(label);
        out.push_str(&reading.emotion);
        if let Some(percent) = reading.percent {
            out.push_str(", ");
            push_number(out, u64::from(percent));
            out.push_str(" percent");
        }
    }

    /// All of it as JSON: `{summary, readings: [{emotion, percent, time, x, y}]}`, with `null` for what is not known.
    pub fn view(&self, width: u32, height: u32) -> String {
        let mut out = String::from("{");
        push_name(&mut out, "summary");
        push_string(&mut out, &self.summary());
        push_name(&mut out, "readings");
        out.push('[');
        for (reading, point) in self.list.iter().zip(self.points(width, height)) {
            push_comma(&mut out);
            out.push('{');
            push_name(&mut out, "emotion");
            push_string(&mut out, &reading.emotion);
            push_name(&mut out, "time");
            push_string(&mut out, &reading.time);
            let numbers = [
                ("percent", reading.percent.map(u32::from)),
                ("x", point.map(|(x, _)| x)),
                ("y", point.map(|(_, y)| y)),
            ];
            for (name, number) in numbers {
                push_name(&mut out, name);
                match number {
                    Some(number) => push_number(&mut out, u64::from(number)),
                    None => out.push_str("null"),
                }
            }
            out.push('}');
        }
        out.push_str("]}");
        out
    }
}

/// An intensity as a share of its scale, from a number or a string such as `7`, `7.25` or `"7"`. What is outside of 0 to
/// `scale`, and everything else, is unknown: a wrong number would look like a right one.
fn percent_of(value: Json<'_>, scale: u32) -> Option<u8> {
    let unescaped = value.as_str();
    let text = unescaped.as_deref().unwrap_or(value.text()).trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut thousandths = 0u64;
    for digit in whole.bytes().chain(fraction.bytes().chain(*b"000").take(3)) {
        thousandths = thousandths * 10 + u64::from(digit - b'0');
    }
    u8::try_from(thousandths / (u64::from(scale) * 10)).ok().filter(|percent| *percent <= 100)
}
