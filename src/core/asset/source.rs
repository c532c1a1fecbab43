//! Which addresses may come into the page.

use super::status::Medium;

/// Whether `url` may be loaded or linked: a scheme of the list, or none at all (the page's own origin); `data:image/`
/// for pictures alone.
///
/// Browsers skip spaces and control characters in front of a scheme and line breaks within it, so an address with a
/// control character, or a space in front, is refused.
pub fn is_allowed(url: &str, medium: Medium, schemes: &[String]) -> bool {
    let bytes = url.as_bytes();
    if bytes.first().is_none_or(|first| *first == b' ') || bytes.iter().any(|byte| *byte < b' ') {
        return false;
    }
    match scheme(url) {
        Some(scheme) => {
            schemes.iter().any(|allowed| allowed.eq_ignore_ascii_case(scheme)) || (medium.is_picture() && is_image(url))
        }
        None => true,
    }
}

/// Whether a text that may be anything is an address.
pub(super) fn is_address(text: &str) -> bool {
    text.starts_with('/') || scheme(text).is_some()
}

/// What stands before the first colon, if that belongs to a scheme and not to a path.
fn scheme(url: &str) -> Option<&str> {
    let end = url.bytes().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'))?;
    url.split_at_checked(end).filter(|(_, rest)| rest.starts_with(':')).map(|(scheme, _)| scheme)
}

fn is_image(url: &str) -> bool {
    url.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("data:image/"))
}

/// What an address shows, from the ending of its path; a link if the ending says nothing.
pub fn medium_of(url: &str) -> Medium {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit('.').next().unwrap_or_default();
    let is = |endings: &str| endings.split(' ').any(|one| one.eq_ignore_ascii_case(ending));
    if is("png jpg jpeg webp gif avif svg") || is_image(url) {
        Medium::Image
    } else if is("mp3 m4a wav ogg oga opus aac flac") {
        Medium::Audio
    } else if is("mp4 webm mov m4v") {
        Medium::Video
    } else {
        Medium::Link
    }
}
