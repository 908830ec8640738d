//! From the first visit to the last: register, log in twice, end one login, change the password, log out.

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

const NEW_PASSWORD: &str = "seven quiet harbours 12";

#[test]
fn register_log_in_twice_end_one_change_the_password_log_out() {
    let server = Server::start();
    let desk = Browser::start();

    // A visitor who is not logged in is shown where to, and the way back is not lost on the way through registration.
    desk.go(&server.at("/dashboard"));
    desk.arrives_at("/login?return_to=%2Fdashboard");
    desk.follow("Register an account");
    desk.arrives_at("/register?return_to=%2Fdashboard");
    desk.fill("username", "alice");
    desk.fill("email", "alice@example.com");
    desk.fill("password", PASSWORD);
    desk.press("Register");
    desk.arrives_at("/login?notice=registered&return_to=%2Fdashboard");
    assert!(!desk.text("[role=status]").is_empty(), "it says that there is an account now");
    desk.fill("username", "alice@example.com");
    desk.fill("password", PASSWORD);
    desk.press("Log in");
    desk.arrives_at("/dashboard");
    assert_eq!(desk.text("h1"), "Your account");
    assert_eq!(desk.text(".holder strong"), "alice");
    assert!(desk.text("main").contains("alice@example.com"));
    assert_eq!(desk.count("li.login"), 1);
    assert_eq!(desk.text("li.login.current .badge"), "This device");

    // The same user, in another browser.
    let phone = Browser::named("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Firefox/140.0");
    phone.log_in(&server, "alice");
    assert_eq!(phone.count("li.login"), 2);
    assert_eq!(phone.count("li.login.current"), 1);
    assert_eq!(phone.text("li.login.current h3"), "Firefox on Android");

    // One ends the other.
    desk.go(&server.at("/dashboard"));
    assert_eq!(desk.count("li.login"), 2);
    assert_eq!(desk.text("li.login:not(.current) h3"), "Firefox on Android");
    desk.press("End login Firefox on Android");
    desk.arrives_at("/dashboard?notice=login-ended");
    assert_eq!(desk.text("[role=status]"), "That login has ended.");
    assert_eq!(desk.count("li.login"), 1);
    phone.go(&server.at("/dashboard"));
    phone.arrives_at("/login?return_to=%2Fdashboard");

    // A new password ends the others, and from then on is the one that counts.
    phone.log_in(&server, "alice");
    desk.fill("current_password", PASSWORD);
    desk.fill("new_password", NEW_PASSWORD);
    desk.press("Change password");
    desk.arrives_at("/dashboard?notice=password-changed");
    assert_eq!(desk.count("li.login"), 1);
    phone.go(&server.at("/dashboard"));
    phone.arrives_at("/login?return_to=%2Fdashboard");
    phone.fill("username", "alice");
    phone.fill("password", NEW_PASSWORD);
    phone.press("Log in");
    phone.arrives_at("/dashboard");
    desk.go(&server.at("/dashboard"));
    desk.press("End all other logins");
    desk.arrives_at("/dashboard?notice=others-ended");
    assert_eq!(desk.count("li.login"), 1);
    assert_eq!(phone.complaints(), [""; 0]);

    // Logged out, neither the back button nor the address shows the account.
    desk.press("Log out");
    desk.arrives_at("/login?notice=logged-out");
    desk.back();
    desk.arrives_at("/login?return_to=%2Fdashboard%3Fnotice%3Dothers-ended");
    assert!(!desk.source().contains("alice"), "the account is still to be seen");
    desk.go(&server.at("/dashboard"));
    desk.arrives_at("/login?return_to=%2Fdashboard");
    assert_eq!(desk.complaints(), [""; 0]);
}

#[test]
fn a_browser_that_logs_in_again_does_not_leave_its_first_login_behind() {
    let server = Server::start();
    let browser = Browser::start();
    browser.register(&server, "alice");
    browser.log_in(&server, "alice");
    browser.log_in(&server, "alice");
    assert_eq!(browser.count("li.login"), 1);
}
