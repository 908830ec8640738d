//! The pages as a browser gets them: what holds for every one of them, in every state and with hostile text.
#![expect(clippy::unwrap_used, clippy::panic, reason = "clippy spares test functions alone, not what they call")]

#[path = "pages/contrast.rs"]
mod contrast;
#[path = "pages/markup.rs"]
mod markup;
#[path = "../examples/page_gallery/samples.rs"]
mod samples;

use markup::Markup;

fn every_page() -> impl Iterator<Item = (&'static str, Markup)> {
    let (tame, hostile) = (samples::pages().unwrap(), samples::hostile_pages().unwrap());
    tame.into_iter().chain(hostile).map(|(name, html)| (name, Markup::read(&html)))
}

#[test]
fn each_has_a_language_a_title_and_one_main_heading() {
    for (name, page) in every_page() {
        assert_eq!(page.all("html").next().and_then(|tag| tag.attribute("lang")), Some("en"), "{name}");
        assert_eq!(page.all("title").count(), 1, "{name}");
        assert!(page.source.contains(" · Counterfoil</title>"), "{name}");
        assert_eq!(page.all("h1").count(), 1, "{name}");
        assert!(page.all("meta").any(|tag| tag.attribute("name") == Some("viewport")), "{name}");
        for landmark in ["header", "main", "footer"] {
            assert_eq!(page.all(landmark).count(), 1, "{name}: {landmark}");
        }
    }
}

#[test]
fn headings_skip_no_level() {
    for (name, page) in every_page() {
        let mut depth = 0;
        for tag in page.tags.iter().filter(|tag| ["h1", "h2", "h3", "h4"].contains(&tag.name.as_str())) {
            let level: u32 = tag.name[1..].parse().unwrap();
            assert!(level <= depth + 1, "{name}: {} after level {depth}", tag.name);
            depth = level;
        }
    }
}

#[test]
fn each_field_has_a_label_and_what_describes_it_exists() {
    for (name, page) in every_page() {
        let ids: Vec<&str> = page.tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        let unique: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{name}: an id stands twice");

        for input in page.all("input").filter(|tag| tag.attribute("type") != Some("hidden") && !tag.has("hidden")) {
            let id = input.attribute("id").unwrap_or_else(|| panic!("{name}: a field without id"));
            assert!(page.all("label").any(|label| label.attribute("for") == Some(id)), "{name}: {id} has no label");
        }
        for tag in &page.tags {
            for reference in ["aria-describedby", "aria-labelledby"].into_iter().filter_map(|key| tag.attribute(key)) {
                for id in reference.split_whitespace() {
                    assert!(ids.contains(&id), "{name}: nothing is called {id}");
                }
            }
            if let Some(id) = tag.attribute("href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(&id), "{name}: a link leads to #{id}, which is not there");
            }
        }
    }
}

/// Password fields are password fields, say what they are for, and let managers and paste through.
#[test]
fn pw_11_password_fields_say_which_password() {
    let mut seen = 0;
    for (name, page) in every_page() {
        for input in page.all("input").filter(|tag| tag.attribute("id").is_some_and(|id| id.contains("password"))) {
            seen += 1;
            let makes_account = name.starts_with("register") || name.starts_with("setup");
            let expected = match input.attribute("name") {
                Some("password") if makes_account => "new-password",
                Some("password" | "current_password") => "current-password",
                Some("new_password") => "new-password",
                other => panic!("{name}: what is {other:?}?"),
            };
            assert_eq!(input.attribute("type"), Some("password"), "{name}");
            assert_eq!(input.attribute("autocomplete"), Some(expected), "{name}");
            assert!(!input.has("value"), "{name}: a password is sent back");
            assert!(!input.has("maxlength"), "{name}: a pasted password could be cut");
        }
    }
    assert!(seen >= 12, "only {seen} password fields were seen");
}

#[test]
fn pw_04_nobody_is_asked_for_a_hint_or_a_question() {
    const ASKED: [&str; 7] =
        ["username", "email", "password", "current_password", "new_password", "return_to", "client"];
    for (name, page) in every_page() {
        for input in page.tags.iter().filter(|tag| ["input", "select", "textarea"].contains(&tag.name.as_str())) {
            let field = input.attribute("name").unwrap_or("nothing that is sent");
            let is_known = ASKED.contains(&field) || field == "code" && name.starts_with("setup");
            assert!(is_known || !input.has("name"), "{name}: {field}");
        }
    }
}

#[test]
fn nothing_needs_more_than_the_strict_policy_allows() {
    for (name, page) in every_page() {
        for tag in &page.tags {
            assert!(
                !["script", "style", "iframe", "object", "base", "img"].contains(&tag.name.as_str()),
                "{name}: {tag:?}"
            );
            for (attribute, value) in &tag.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {tag:?}");
                let loads = attribute == "src" || (tag.name == "link" && attribute == "href");
                assert!(!loads || value.starts_with("/assets/"), "{name}: {tag:?}");
                assert!(attribute != "action" || value.starts_with('/'), "{name}: {tag:?}");
            }
        }
        assert!(page.all("form").all(|form| form.attribute("method") == Some("post")), "{name}");
    }
}

/// WB-06: what a stranger typed is text, in every place that shows it. The scan above proves that no tag and
/// no attribute comes of it; this one, that it was really there.
#[test]
fn hostile_text_is_shown_as_text() {
    for (name, html) in samples::hostile_pages().unwrap() {
        assert!(!html.contains(samples::HOSTILE), "{name}");
        assert!(!html.contains("<script") && !html.contains("<img"), "{name}");
        let shown = html.matches("&#60;script&#62;").count();
        let places = match name {
            "login" | "problem" => 5,
            "error" => 7,
            "register" | "setup" => 10,
            "account" => 27,
            other => panic!("how many places has {other}?"),
        };
        assert_eq!(shown, places, "{name}: a text is missing, or a new place needs to be counted here");
    }
}

/// WB-16: whoever is logged in sees how to log out.
#[test]
fn each_authenticated_page_offers_to_log_out() {
    for (name, page) in every_page() {
        let offers = page.all("form").any(|form| form.attribute("action") == Some("/logout"));
        let expected = name.starts_with("account") || name == "error-logged-in" || page.source.contains("Logged in as");
        assert_eq!(offers, expected, "{name}");
    }
}

#[test]
fn whoever_reads_with_their_ears_hears_what_happened() {
    for (name, html) in samples::pages().unwrap() {
        let refused = name.ends_with("-refused") || name.ends_with("-throttled");
        assert_eq!(html.contains(r#"role="alert" tabindex="-1" autofocus"#), refused, "{name}");
        assert_eq!(html.contains("<title>Error: "), refused, "{name}");
        let noticed = ["login-notice", "account-alone"].contains(&name);
        assert_eq!(html.contains(r#"role="status""#), noticed, "{name}");
    }
}
