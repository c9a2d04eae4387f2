//! The pictures a policy's tests name by path, as they are sent.

use crate::unit::Component;
use crate::unit::Content;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::path::Path;

/// What endpoints take for one picture, at most.
const MOST_BYTES: usize = 20 << 20;

/// Returns components in which every picture that lies beside the policy is a `data:` URL, or why one cannot be.
pub(super) fn embedded(components: &[Component], folder: &Path) -> Result<Vec<Component>, String> {
    let one = |part: &Component| {
        let Content::Image(reference) = &part.content else { return Ok(part.clone()) };
        if reference.starts_with("data:image/") || reference.starts_with("https://") {
            return Ok(part.clone());
        }
        let url = data_url(&folder.join(reference))?;
        Ok(Component { role: part.role.clone(), content: Content::Image(url) })
    };
    components.iter().map(one).collect()
}

fn data_url(path: &Path) -> Result<String, String> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|source| format!("cannot read {name}: {source}"))?;
    let Some(kind) = kind(&bytes) else {
        return Err(format!(
            "{name} is not a PNG, JPEG, GIF or WebP picture: save it as one of these, endpoints read no others"
        ));
    };
    if MOST_BYTES < bytes.len() {
        return Err(format!(
            "{name} has more than {} MiB: make it smaller, endpoints refuse larger ones",
            MOST_BYTES >> 20
        ));
    }
    Ok(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)))
}

/// The kind of a picture by its first bytes: a file's name may lie.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_bytes() {
        assert_eq!(kind(b"\x89PNG\r\n"), Some("png"));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Some("webp"));
        assert_eq!(kind(b"<svg xmlns"), None);
        assert_eq!(kind(b""), None);
    }
}
