//! Every route, by everybody, done well and done badly.

use serde_json::{Value, json};

use crate::support::{Answer, MODES, Mode, PASSWORD, Person, Request, Server, Ticket};

/// What was asked, and what came back.
pub(super) struct Seen {
    pub(super) request: Request,
    pub(super) answer: Answer,
}

/// All of it. Over HTTPS cookies have other names.
pub(super) fn journey(server: &Server, https: bool, modes: &[Mode]) -> Vec<Seen> {
    let mut walk = Walk { server, https, seen: Vec::new() };
    walk.by_strangers();
    for mode in modes {
        walk.by_somebody(mode);
    }
    walk.seen
}

struct Walk<'a> {
    server: &'a Server,
    https: bool,
    seen: Vec<Seen>,
}

const NEXT: &str = "nine yellow lemons in a bowl";

impl Walk<'_> {
    #[track_caller]
    fn ask(&mut self, request: Request) -> Answer {
        let answer = self.server.send(&request);
        self.seen.push(Seen { request, answer: answer.clone() });
        answer
    }

    /// Both as a program and as a browser.
    fn both(&mut self, request: &Request) {
        self.ask(request.clone());
        self.ask(request.clone().in_browser().same_origin());
    }

    fn by_strangers(&mut self) {
        let style = self.ask(Request::get("/login").in_browser()).text();
        let style = style.split("href=\"").find(|rest| rest.starts_with("/assets/")).unwrap().to_owned();
        for path in [
            "/",
            "/login?notice=logged-out&return_to=%2Fapp",
            "/login?password=x",
            "/register",
            "/dashboard",
            "/profile",
            "/verify",
            "/sessions",
            "/refresh/page?return_to=%2Fapp",
            "/setup",
            "/setup?code=x",
            "/nowhere",
            "/login/",
            "/problems/cross-site",
            "/problems/none",
            "/assets/none.css",
            "/.well-known/jwks.json",
            "/healthz",
            "/readyz",
            "/openapi.json",
            style.split('"').next().unwrap_or_default(),
        ] {
            self.both(&Request::get(path));
            self.both(&Request::new("TRACE", path));
        }
        for path in
            ["/login", "/register", "/refresh", "/logout", "/setup", "/exchange", "/password", "/refresh/logout"]
        {
            self.both(&Request::post(path));
            self.both(&Request::post(path).text("application/json", "{"));
            self.both(&Request::post(path).text("text/plain", "{}"));
            self.both(&Request::post(path).json(&json!({ "surprise": 1 })));
            self.both(&Request::post(path).form(&[("a", "b"), ("a", "b")]));
            self.both(&Request::post(path).text("application/json", &" ".repeat(70_000)));
            self.ask(Request::post(path).form(&[]).header("Origin", "https://evil.example"));
        }
        for body in
            [json!({ "username": "somebody", "password": "short" }), json!({ "username": "a b", "password": PASSWORD })]
        {
            self.both(&Request::post("/register").json(&body));
        }
        self.both(&Request::post("/login").json(&json!({ "username": "nobody", "password": PASSWORD })));
    }

    fn by_somebody(&mut self, mode: &Mode) {
        let new = json!({ "username": format!("new-to-{}", mode.client), "password": PASSWORD });
        self.ask(Request::post("/register").json(&new));
        let person = Person::new(self.server);
        let taken = json!({ "username": person.username, "password": PASSWORD });
        self.ask(Request::post("/register").json(&taken));
        let fields =
            [("username", &*person.username), ("password", PASSWORD), ("client", mode.client), ("return_to", "/app")];
        self.ask(Request::post("/login").form(&fields).in_browser().same_origin());
        let mut ticket = self.log_in(&person, mode);
        for path in [
            "/profile",
            "/dashboard",
            "/sessions",
            "/verify",
            "/verify?role=admin",
            "/verify?scope=x",
            "/verify?role=a&role=b",
            "/",
        ] {
            self.both(&ticket.alone_on(Request::get(path)));
        }
        self.ask(ticket.on(Request::put("/sessions/current/data").json(&json!({ "a": 1 }))));
        self.ask(ticket.on(Request::put("/sessions/current/data").form(&[])));
        self.ask(ticket.on(Request::put("/sessions/current/data").json(&json!({ "a": "x".repeat(5000) }))));
        self.ask(ticket.on(Request::get("/sessions/current/data")));
        for other in MODES {
            self.ask(ticket.on(Request::post("/exchange").json(&json!({ "client": other.client }))));
        }
        self.ask(ticket.on(Request::post("/exchange").json(&json!({ "client": "nobody" }))));
        if let Some(refresh) = ticket.refresh.clone() {
            let answer = self.ask(match mode.cookie {
                Some(_) => Request::post("/refresh").cookie(self.refresh_name(), &refresh).same_origin(),
                None => Request::post("/refresh").json(&json!({ "refresh_token": refresh })),
            });
            ticket = self.ticket(mode, &answer);
            if mode.cookie.is_some() {
                let refresh = ticket.refresh.clone().unwrap_or_default();
                self.ask(
                    Request::get("/refresh/page?return_to=%2Fapp").cookie(self.refresh_name(), &refresh).in_browser(),
                );
                self.ask(Request::post("/refresh").cookie(self.refresh_name(), &refresh));
            }
        }
        if mode.cookie.is_some() {
            self.ask(ticket.alone_on(Request::post("/logout")));
            self.ask(ticket.on(Request::get("/profile")).bearer("x"));
        }
        let change = |current: &str, new: &str| {
            Request::post("/password").json(&json!({ "current_password": current, "new_password": new }))
        };
        self.ask(ticket.on(change("wrong", NEXT)));
        self.ask(ticket.on(change(PASSWORD, "short")).in_browser());
        let answer = self.ask(ticket.on(change(PASSWORD, NEXT)));
        if mode.cookie.is_some() {
            ticket = self.ticket(mode, &answer);
        }
        self.ask(ticket.on(Request::delete("/sessions/0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b")));
        self.ask(ticket.on(Request::delete("/sessions?keep=current")));
        self.ask(ticket.on(Request::delete("/sessions?keep=x")));
        if mode.cookie.is_some() {
            self.ask(ticket.on(Request::post("/account/sessions/end-others").form(&[]).in_browser()));
        }
        self.ask(ticket.on(Request::post("/logout")));
        self.both(&ticket.alone_on(Request::get("/dashboard")));
        self.both(&ticket.on(Request::post("/logout")));
    }

    fn log_in(&mut self, person: &Person, mode: &Mode) -> Ticket {
        let scripted: Value = json!({ "client": mode.client, "password": PASSWORD });
        let answer = self.ask(person.login(&scripted)).expect(200);
        self.ticket(mode, &answer)
    }

    fn refresh_name(&self) -> &'static str {
        if self.https { "__Secure-refresh_token" } else { "refresh_token" }
    }

    #[track_caller]
    fn ticket(&self, mode: &Mode, answer: &Answer) -> Ticket {
        let Some(name) = mode.cookie else { return Ticket::bearer(answer) };
        let name = format!("{}{name}", if self.https { "__Host-" } else { "" });
        let refresh = mode.refresh.then(|| answer.set_cookie(self.refresh_name()).value);
        Ticket { text: answer.set_cookie(&name).value, cookie: Some(name), refresh }
    }
}
