//! A reader of the start tags of HTML, as strict as our own templates are written: attributes are bare or
//! in double quotes, and `<` is always a tag.

/// A page, taken apart.
pub(crate) struct Markup {
    pub(crate) source: String,
    pub(crate) tags: Vec<Tag>,
}

/// A start tag, its attribute values as they stand in the source.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Markup {
    pub(crate) fn read(source: &str) -> Self {
        let tags = source.split('<').skip(1).filter(|rest| rest.starts_with(char::is_alphabetic)).map(Tag::read);
        Self { source: source.to_owned(), tags: tags.collect() }
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.tags.iter().filter(move |tag| tag.name == name)
    }
}

impl Tag {
    fn read(text: &str) -> Self {
        let end = text.find(|c: char| !c.is_alphanumeric()).unwrap();
        let (name, mut rest) = text.split_at(end);
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if rest.starts_with('>') || rest.starts_with("/>") {
                return Self { name: name.to_owned(), attributes };
            }
            let end = rest.find(['=', ' ', '>', '/']).unwrap_or_else(|| panic!("a tag does not end: {text}"));
            assert!(end > 0, "not an attribute: {rest}");
            let key = rest[..end].to_owned();
            rest = &rest[end..];
            let mut value = "";
            if let Some(quoted) = rest.strip_prefix("=\"") {
                (value, rest) = quoted.split_once('"').unwrap();
            }
            attributes.push((key, value.to_owned()));
        }
    }

    pub(crate) fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.attribute(key).is_some()
    }
}

#[test]
fn the_reader_sees_what_the_scans_look_for() {
    let page = Markup::read(r#"<p style="x">1 &lt; 2</p><input hidden value="a &#34; b" onclick="f()"><br/>"#);
    assert_eq!(page.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["p", "input", "br"]);
    assert!(page.tags[0].has("style"));
    assert!(page.tags[1].has("hidden") && page.tags[1].has("onclick"));
    assert_eq!(page.tags[1].attribute("value"), Some("a &#34; b"));
}
