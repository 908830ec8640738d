//! The style sheet and the icon, under names that change with their content: a browser may keep them
//! for a year (`Cache-Control: public, max-age=31536000, immutable`).

use std::fmt::Write as _;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};

/// What `path`, such as `/assets/counterfoil.0123456789abcdef.css`, holds: its media type and its bytes.
/// `None` for any other path, one with an outdated hash included.
pub fn asset(path: &str) -> Option<(&'static str, &'static [u8])> {
    [&*STYLESHEET, &*ICON].into_iter().find(|asset| asset.href == path).map(|asset| (asset.media_type, asset.content))
}

/// Where the style sheet is.
pub fn stylesheet_href() -> &'static str {
    &STYLESHEET.href
}

/// Where the icon is.
pub fn icon_href() -> &'static str {
    &ICON.href
}

struct Asset {
    href: String,
    media_type: &'static str,
    content: &'static [u8],
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| Asset {
    href: named_by_content("counterfoil", include_bytes!("../../assets/counterfoil.css"), "css"),
    media_type: "text/css; charset=utf-8",
    content: include_bytes!("../../assets/counterfoil.css"),
});

static ICON: LazyLock<Asset> = LazyLock::new(|| Asset {
    href: named_by_content("icon", include_bytes!("../../assets/icon.svg"), "svg"),
    media_type: "image/svg+xml; charset=utf-8",
    content: include_bytes!("../../assets/icon.svg"),
});

/// 64 bits of the content's SHA-256 are plenty to tell one version from the next.
fn named_by_content(stem: &str, content: &[u8], extension: &str) -> String {
    let mut name = format!("/assets/{stem}.");
    for byte in &digest(&SHA256, content).as_ref()[..8] {
        let _ = write!(name, "{byte:02x}"); // writing to a String cannot fail
    }
    name + "." + extension
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_to_its_content() {
        let (media_type, css) = asset(stylesheet_href()).unwrap();
        assert_eq!(media_type, "text/css; charset=utf-8");
        assert!(css.windows(5).any(|window| window == b":root"));
        let (media_type, svg) = asset(icon_href()).unwrap();
        assert_eq!(media_type, "image/svg+xml; charset=utf-8");
        assert!(svg.starts_with(b"<svg"));
    }

    #[test]
    fn the_name_changes_with_the_content() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        assert_eq!(named_by_content("a", b"abc", "css"), "/assets/a.ba7816bf8f01cfea.css");
        assert_ne!(named_by_content("a", b"abd", "css"), named_by_content("a", b"abc", "css"));
    }

    #[test]
    fn nothing_else_is_an_asset() {
        for path in [
            "/assets/counterfoil.css",
            "/assets/counterfoil.0000000000000000.css",
            "/assets/",
            "",
            "/assets/../icon.svg",
        ] {
            assert!(asset(path).is_none(), "{path}");
        }
    }
}
