//! What `Set-Cookie` says (RFC 6265 §4.1).

/// One `Set-Cookie` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The attributes in the order of the alphabet, as they are spelled.
    pub(crate) attributes: Vec<String>,
}

impl SetCookie {
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or_else(|| panic!("{text:?}"));
        let mut attributes: Vec<_> = parts.map(str::to_owned).collect();
        attributes.sort();
        Self { name: name.to_owned(), value: value.to_owned(), attributes }
    }

    /// The attributes that say who gets it. How long a browser keeps it is left out.
    pub(crate) fn reach(&self) -> Vec<&str> {
        let lasting = |text: &str| text.starts_with("Max-Age=") || text.starts_with("Expires=");
        self.attributes.iter().map(String::as_str).filter(|text| !lasting(text)).collect()
    }

    /// For how long a browser keeps it, in seconds.
    pub(crate) fn max_age(&self) -> Option<i64> {
        self.attributes.iter().find_map(|text| text.strip_prefix("Max-Age=")).and_then(|age| age.parse().ok())
    }

    /// Whether it takes a cookie away rather than bringing one.
    pub(crate) fn clears(&self) -> bool {
        self.value.is_empty() && self.max_age() == Some(0)
    }
}
