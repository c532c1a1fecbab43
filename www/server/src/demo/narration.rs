//! A narration that plays: a soft melody as WAV, synthesised once, and captions for it.

use std::f32::consts::TAU;
use std::sync::OnceLock;

use axum::body::Bytes;

/// Samples per second; mono, 16 bits.
const RATE: u32 = 16_000;

/// Seconds that one sentence of the story takes.
const SENTENCE_SECONDS: u32 = 2;

/// A melody in half tones over middle C, two notes a second.
const MELODY: [i32; 32] =
    [0, 4, 7, 12, 9, 7, 4, 7, 5, 9, 12, 9, 7, 4, 2, 4, 0, 4, 7, 12, 14, 12, 9, 7, 5, 4, 2, 4, 7, 4, 2, 0];

/// The melody, 16 s.
pub fn wav() -> Bytes {
    static WAV: OnceLock<Bytes> = OnceLock::new();
    WAV.get_or_init(|| Bytes::from(synthesise())).clone()
}

/// One caption a sentence, as WebVTT.
pub fn captions(sentences: &[&str]) -> String {
    let mut captions = String::from("WEBVTT\n");
    for (sentence, second) in sentences.iter().zip((0..).step_by(SENTENCE_SECONDS as usize)) {
        let end = second + SENTENCE_SECONDS;
        captions.push_str(&format!("\n00:00:{second:02}.000 --> 00:00:{end:02}.000\n{sentence}\n"));
    }
    captions
}

fn synthesise() -> Vec<u8> {
    let note_length = RATE / 2;
    let total = note_length as usize * MELODY.len();
    let mut samples = vec![0.0_f32; total];
    for (index, half_tones) in MELODY.iter().enumerate() {
        let pitch = 261.63 * 2_f32.powf(*half_tones as f32 / 12.0);
        let start = index * note_length as usize;
        // A note rings on under the next two.
        for (offset, sample) in samples.iter_mut().skip(start).take(note_length as usize * 3).enumerate() {
            let time = offset as f32 / RATE as f32;
            let swell = (time / 0.02).min(1.0) * (-2.5 * time).exp();
            let tone = (TAU * pitch * time).sin() + 0.3 * (TAU * 2.0 * pitch * time).sin();
            *sample += 0.22 * swell * tone;
        }
    }
    let data = u32::try_from(total * 2).unwrap_or(u32::MAX);
    let mut wav = Vec::with_capacity(total * 2 + 44);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + data).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(&(RATE * 2).to_le_bytes());
    wav.extend_from_slice(&2_u16.to_le_bytes());
    wav.extend_from_slice(&16_u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        wav.extend_from_slice(&((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes());
    }
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_length_that_is_there() {
        let wav = wav();
        let data = u32::from_le_bytes([wav[40], wav[41], wav[42], wav[43]]) as usize;
        assert_eq!((wav.len(), data), (data + 44, (RATE * 2 * 16) as usize));
        assert!(
            wav[44..].chunks(2).any(|pair| i16::from_le_bytes([pair[0], pair[1]]).abs() > 3000),
            "it is not silent"
        );
    }
}
