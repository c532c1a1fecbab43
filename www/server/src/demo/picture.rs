//! Pictures: a cover with the story's title, and scenes.

/// A cover, 900 × 1200.
pub fn cover(title: &str) -> String {
    let mut lines = String::new();
    for (line, y) in wrap(title, 18).iter().take(5).zip((210..).step_by(92)) {
        lines.push_str(&format!("<text x=\"450\" y=\"{y}\">{}</text>", escape(line)));
    }
    // Each title has its own night.
    let sky = title.bytes().fold(183, |hash: u32, byte| (hash * 31 + u32::from(byte)) % 4093) % 150 + 185;
    let moon = 0.25 + f32::from(u8::try_from(title.len() % 11).unwrap_or(0)) * 0.05;
    format!(
        "{}<g font-family=\"Georgia,serif\" font-size=\"76\" fill=\"#fdf3d8\" text-anchor=\"middle\">{lines}</g></svg>",
        landscape(900, 1200, Hues { sky, far: sky + 20, near: sky + 40 }, moon)
    )
}

/// A scene, 1200 × 800; each number has its own light.
pub fn scene(number: u32) -> String {
    let hue = (205 + 37 * number) % 360;
    let moon = 0.18 + 0.2 * number as f32;
    let picture = landscape(1200, 800, Hues { sky: hue, far: (hue + 25) % 360, near: (hue + 50) % 360 }, moon);
    format!("{picture}</svg>")
}

struct Hues {
    sky: u32,
    far: u32,
    near: u32,
}

/// Sky, stars, a moon at `across` of the width, two hills and a lantern; the caller closes the element.
fn landscape(width: u32, height: u32, hues: Hues, across: f32) -> String {
    let Hues { sky, far, near } = hues;
    let mut stars = String::new();
    let mut seed = u64::from(width * 31 + sky);
    for _ in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (x, y) = ((seed >> 33) % u64::from(width), (seed >> 13) % u64::from(height / 2));
        stars.push_str(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\"/>", 1 + seed % 3));
    }
    let moon = (width as f32 * across) as u32;
    let (low, mid, high) = (height * 3 / 4, height * 2 / 3, height * 4 / 5);
    let lantern = width / 3;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\
         <defs><linearGradient id=\"sky\" x2=\"0\" y2=\"1\"><stop stop-color=\"hsl({sky} 55% 18%)\"/>\
         <stop offset=\"1\" stop-color=\"hsl({far} 60% 55%)\"/></linearGradient>\
         <radialGradient id=\"glow\"><stop stop-color=\"#ffe9a8\"/><stop offset=\"1\" stop-color=\"#ffe9a800\"/></radialGradient></defs>\
         <rect width=\"100%\" height=\"100%\" fill=\"url(#sky)\"/><g fill=\"#fff\" opacity=\".7\">{stars}</g>\
         <circle cx=\"{moon}\" cy=\"{mid}\" r=\"{}\" fill=\"#fdf3d8\"/>\
         <path d=\"M0 {low}Q{} {} {width} {low}V{height}H0Z\" fill=\"hsl({far} 40% 30%)\"/>\
         <path d=\"M0 {high}Q{} {} {width} {high}V{height}H0Z\" fill=\"hsl({near} 45% 16%)\"/>\
         <circle cx=\"{lantern}\" cy=\"{high}\" r=\"{}\" fill=\"url(#glow)\"/>\
         <rect x=\"{}\" y=\"{}\" width=\"20\" height=\"30\" rx=\"5\" fill=\"#ffd76a\"/>",
        width / 9,
        width / 3,
        height / 2,
        width * 2 / 3,
        height * 3 / 5,
        width / 8,
        lantern - 10,
        high - 15,
    )
}

/// Lines of at most `width` characters, broken at spaces; a longer word has its own line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A title is a visitor's text: it never becomes markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_break_out_of_its_element() {
        let cover = cover("<script>alert(1)</script> & co");
        assert!(!cover.contains("<script>") && cover.contains("&lt;script&gt;"));
        assert!(cover.starts_with("<svg") && cover.ends_with("</svg>"));
    }
}
