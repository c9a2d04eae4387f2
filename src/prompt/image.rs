//! The images of a unit as a person is told of them: what they are called, what they are, how large.

use super::message;
use crate::unit::Content;
use crate::unit::Unit;

/// An image as a prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownImage {
    /// The text right before it.
    pub caption: String,
    /// Its role.
    pub role: String,
    /// Its place among the unit's components, from 1.
    pub position: usize,
    /// Its media type, where its reference holds the image itself.
    pub media_type: Option<String>,
    /// Its bytes, where its reference holds them.
    pub bytes: Option<u64>,
}

/// Returns the images of a unit in the order they are shown.
#[must_use]
pub fn images(unit: &Unit) -> Vec<ShownImage> {
    let references = unit.components.iter().enumerate().filter_map(|(at, component)| {
        let Content::Image(reference) = &component.content else { return None };
        Some((at, component, reference))
    });
    let references: Vec<_> = references.collect();
    let all = references.len();
    let shown = references.into_iter().enumerate().map(|(place, (at, component, reference))| {
        let (media_type, bytes) = held(reference).unzip();
        ShownImage {
            caption: message::caption(place + 1, all, &component.role),
            role: component.role.clone(),
            position: at + 1,
            media_type,
            bytes,
        }
    });
    shown.collect()
}

/// The media type and the bytes of a `data:` URL.
fn held(reference: &str) -> Option<(String, u64)> {
    let (head, data) = reference.strip_prefix("data:")?.split_once(',')?;
    let (media_type, coded) = match head.strip_suffix(";base64") {
        Some(media_type) => (media_type, true),
        None => (head, false),
    };
    let media_type = media_type.split(';').next().unwrap_or(media_type).to_owned();
    let bytes = if coded {
        let digits = data.trim_end_matches('=').len() as u64;
        digits * 3 / 4
    } else {
        // An escape `%2F` is one byte.
        (data.len() - 2 * data.matches('%').count().min(data.len() / 3)) as u64
    };
    Some((media_type, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_data_url_holds_is_measured_and_an_address_is_not() {
        let held = |reference: &str| held(reference).map(|(kind, bytes)| format!("{kind} {bytes}"));
        assert_eq!(held("data:image/png;base64,iVBORw0KGgo=").as_deref(), Some("image/png 8"));
        assert_eq!(held("data:image/gif;base64,R0lGODlh").as_deref(), Some("image/gif 6"));
        assert_eq!(held("data:image/svg+xml;utf8,%3Csvg/%3E").as_deref(), Some("image/svg+xml 6"));
        assert_eq!(held("https://img.example/2.jpg"), None);
    }
}
