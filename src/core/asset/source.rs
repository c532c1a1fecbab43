//! Which addresses may come into the page.

use super::config::AssetConfig;
use super::status::Medium;

/// Whether `url` may be loaded or linked: a scheme of the list, or none at all (the page's own origin); `data:image/`
/// for pictures alone.
///
/// Browsers skip spaces and control characters in front of a scheme and line breaks within it, so an address with a
/// control character, or a space in front, is refused.
pub fn is_allowed(config: &AssetConfig, url: &str, medium: Medium) -> bool {
    if !is_plain(url) {
        return false;
    }
    scheme(url).is_none_or(|scheme| config.allows(scheme)) || (medium.is_picture() && is_image(url))
}

/// Whether a visitor may be sent there by a link: `http(s)`, `mailto`, `tel`, or a page of the same origin.
pub fn is_link(url: &str) -> bool {
    let known = |scheme: &str| ["https", "http", "mailto", "tel"].iter().any(|of| of.eq_ignore_ascii_case(scheme));
    is_plain(url) && scheme(url).is_none_or(known)
}

fn is_plain(url: &str) -> bool {
    !url.is_empty() && !url.starts_with(' ') && url.bytes().all(|byte| byte >= b' ')
}

/// Whether a text that may be anything is an address.
pub(super) fn is_address(text: &str) -> bool {
    text.starts_with('/') || scheme(text).is_some()
}

pub(super) fn is_image(url: &str) -> bool {
    url.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("data:image/"))
}

/// What stands behind the last dot of the path.
pub(super) fn ending(url: &str) -> &str {
    let end = url.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(url.len());
    let path = url.get(..end).unwrap_or_default();
    let dot = path.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| path.get(dot + 1..)).unwrap_or_default()
}

/// What stands before the first colon, if that belongs to a scheme and not to a path.
fn scheme(url: &str) -> Option<&str> {
    let end = url.bytes().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'))?;
    if url.as_bytes().get(end) == Some(&b':') { url.get(..end) } else { None }
}
