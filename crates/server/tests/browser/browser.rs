//! What a person does with a browser.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::Server;
use crate::webdriver::Session;

/// A browser. Looking for something waits until it is there, for a minute at most.
pub(crate) struct Browser(Session);

/// The member that holds an element's reference (`WebDriver` §12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "plum otter lantern 41";

impl Browser {
    pub(crate) fn start() -> Self {
        Self(Session::start(&[], &json!({})))
    }

    /// One that calls itself otherwise, so that its login is told apart.
    pub(crate) fn named(user_agent: &str) -> Self {
        Self(Session::start(&[&format!("--user-agent={user_agent}")], &json!({})))
    }

    pub(crate) fn without_script() -> Self {
        Self(Session::start(&[], &json!({"profile.managed_default_content_settings.javascript": 2})))
    }

    pub(crate) fn go(&self, url: &str) {
        self.0.post("url", &json!({"url": url}));
    }

    pub(crate) fn back(&self) {
        self.0.post("back", &json!({}));
    }

    pub(crate) fn title(&self) -> String {
        text(&self.0.get("title"))
    }

    pub(crate) fn source(&self) -> String {
        text(&self.0.get("source"))
    }

    /// The address that is shown, without its origin.
    pub(crate) fn path(&self) -> String {
        let url = text(&self.0.get("url"));
        url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned())).unwrap_or(url)
    }

    /// Waits until this address is shown.
    #[track_caller]
    pub(crate) fn arrives_at(&self, path: &str) {
        for _ in 0..600 {
            if self.path() == path {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not at {path} but at {}: {:?}", self.path(), self.text("body"));
    }

    fn find(&self, using: &str, value: &str) -> String {
        let found = self.0.post("element", &json!({"using": using, "value": value}));
        text(&found[ELEMENT])
    }

    /// The text that is to be seen in the first element that `css` selects.
    pub(crate) fn text(&self, css: &str) -> String {
        text(&self.0.get(&format!("element/{}/text", self.find("css selector", css))))
    }

    /// An attribute of the first element that `css` selects.
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let value = self.0.get(&format!("element/{}/attribute/{name}", self.find("css selector", css)));
        value.as_str().map(str::to_owned)
    }

    /// What stands in a field.
    pub(crate) fn value(&self, css: &str) -> String {
        text(&self.0.get(&format!("element/{}/property/value", self.find("css selector", css))))
    }

    /// Whether an element has the focus.
    pub(crate) fn is_focused(&self, css: &str) -> bool {
        self.find("css selector", css) == text(&self.0.get("element/active")[ELEMENT])
    }

    /// How many elements `css` selects on the page as it is.
    pub(crate) fn count(&self, css: &str) -> usize {
        let count = self.run("return document.querySelectorAll(arguments[0]).length", &json!([css]));
        count.as_u64().unwrap().try_into().unwrap()
    }

    /// Replaces what stands in the field with this id.
    pub(crate) fn fill(&self, id: &str, value: &str) {
        let field = self.find("css selector", &format!("#{id}"));
        self.0.post(&format!("element/{field}/clear"), &json!({}));
        self.0.post(&format!("element/{field}/value"), &json!({"text": value}));
    }

    /// Presses the button with this label, as it is read aloud.
    pub(crate) fn press(&self, label: &str) {
        let button = self.find("xpath", &format!("//button[starts-with(normalize-space(), '{label}')]"));
        self.0.post(&format!("element/{button}/click"), &json!({}));
    }

    /// Follows the link with this text.
    pub(crate) fn follow(&self, link: &str) {
        let link = self.find("link text", link);
        self.0.post(&format!("element/{link}/click"), &json!({}));
    }

    /// Types on the keyboard, wherever the focus is.
    pub(crate) fn keys(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|action| json!({"type": action, "value": key.to_string()})));
        let strokes: Vec<Value> = strokes.collect();
        self.0.post("actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// Runs a script in the page and returns what it returns.
    pub(crate) fn run(&self, script: &str, arguments: &Value) -> Value {
        self.0.post("execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// Runs a script that calls its last argument with its result.
    pub(crate) fn run_async(&self, script: &str, arguments: &Value) -> Value {
        self.0.post("execute/async", &json!({"script": script, "args": arguments}))
    }

    /// Shows the page in a window of this size, in CSS pixels.
    pub(crate) fn resize(&self, width: u32, height: u32, scale: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Asks for `light` or `dark` colours.
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &feature);
    }

    /// What is to be seen, as a PNG.
    pub(crate) fn picture(&self) -> Vec<u8> {
        STANDARD.decode(text(&self.devtools("Page.captureScreenshot", &json!({"format": "png"}))["data"])).unwrap()
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.0.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// What the browser warned of or refused since it was last asked.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.0.post("se/log", &json!({"type": "browser"}));
        let graver = entries.as_array().unwrap().iter().filter(|entry| entry["level"] != "INFO");
        graver.map(|entry| text(&entry["message"])).collect()
    }
}

/// What most tests begin with.
impl Browser {
    /// Makes an account, by the pages.
    pub(crate) fn register(&self, server: &Server, name: &str) {
        self.go(&server.at("/register"));
        self.fill("username", name);
        self.fill("password", PASSWORD);
        self.press("Register");
        self.arrives_at("/login?notice=registered");
    }

    /// Logs in, by the page.
    pub(crate) fn log_in(&self, server: &Server, name: &str) {
        self.go(&server.at("/login"));
        self.fill("username", name);
        self.fill("password", PASSWORD);
        self.press("Log in");
        self.arrives_at("/dashboard");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
