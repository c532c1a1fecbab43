//! A PDF by hand: a title page and a page of text, A5, with the fonts every viewer has.

use super::picture::wrap;

/// Points of an A5 page.
const WIDTH: u32 = 420;
const HEIGHT: u32 = 595;

/// The story as a document of two pages.
pub fn pdf(title: &str, sentences: &[&str]) -> Vec<u8> {
    let mut cover = String::from("0.16 0.17 0.36 rg 0 0 420 595 re f 0.99 0.95 0.85 rg\n");
    cover.push_str("290 210 m 330 210 330 270 290 270 c 250 270 250 210 290 210 c f\n");
    cover.push_str("BT /F2 30 Tf 36 TL 50 470 Td\n");
    for line in wrap(title, 20).iter().take(6) {
        cover.push_str(&format!("({}) Tj T*\n", escape(line)));
    }
    cover.push_str("ET");
    let mut text = String::from("BT /F1 13 Tf 20 TL 50 520 Td\n");
    for sentence in sentences {
        for line in wrap(sentence, 48) {
            text.push_str(&format!("({}) Tj T*\n", escape(&line)));
        }
        text.push_str("T*\n");
    }
    text.push_str("ET");
    let fonts = "<< /Font << /F1 6 0 R /F2 7 0 R >> >>";
    let page = |content: u32| {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources {fonts} /Contents {content} 0 R >>"
        )
    };
    let stream = |content: &str| format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
    let font = |name: &str| format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R /Lang (en) >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>".to_owned(),
        page(5),
        page(8),
        stream(&cover),
        font("Times-Roman"),
        font("Times-Bold"),
        stream(&text),
        format!("<< /Title ({}) /Producer (Storywire) >>", escape(title)),
    ];
    let mut document = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(document.len());
        document.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = document.len();
    let count = objects.len() + 1;
    document.push_str(&format!("xref\n0 {count}\n0000000000 65535 f \n"));
    for offset in offsets {
        document.push_str(&format!("{offset:010} 00000 n \n"));
    }
    document.push_str(&format!("trailer\n<< /Size {count} /Root 1 0 R /Info 9 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    document.into_bytes()
}

/// A PDF string: what is not ASCII becomes a question mark, so that every offset counts bytes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '(' | ')' | '\\' => escaped.extend(['\\', char]),
            ' '..='~' => escaped.push(char),
            _ => escaped.push('?'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_of_the_table_points_at_its_object() {
        let bytes = pdf("A (fine) story \\ and é", &["One.", "Two."]);
        let text = String::from_utf8(bytes).unwrap();
        let start: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let table: Vec<_> = text[start..].lines().skip(3).take(9).collect();
        for (line, number) in table.iter().zip(1..) {
            let offset: usize = line[..10].parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{number} 0 obj")));
        }
    }
}
