//! A password counts to its last bit.

use super::{login, login_by_form, register, text_of};
use crate::support::{Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn pw_03_the_last_byte_counts_at_every_length() {
    let server = SHARED.server();
    for bytes in [72, 73, 128, 1024] {
        let (name, password) = (format!("exact{bytes}"), text_of(bytes));
        register(&server, &name, &password).expect(201);
        let all_but_last = &password[..bytes - 1];
        let mut wrong = vec![format!("{all_but_last}y"), format!("{all_but_last}Z"), all_but_last.to_owned()];
        if bytes < 1024 {
            wrong.extend([format!("{password} "), format!("{password}\0")]);
        }
        for other in &wrong {
            assert_eq!(login(&server, &name, other), 401, "{bytes}: …{:?}", &other[bytes - 3..]);
            // Between failures, so that it is the password that is refused and not the number of attempts.
            assert_eq!(login(&server, &name, &password), 200, "{bytes}");
        }
    }
}

#[test]
fn pw_03_a_nul_ends_nothing() {
    let server = SHARED.server();
    let password = "before the nul\0and after it";
    register(&server, "nul", password).expect(201);
    for other in
        ["before the nul", "before the nul\0", "before the nul\0and after iT", "before the nul\0and after it\0"]
    {
        assert_eq!(login(&server, "nul", other), 401, "{other:?}");
        assert_eq!(login_by_form(&server, "nul", password), 200);
    }
}

#[test]
fn pw_03_bytes_that_are_no_text_are_no_password() {
    let server = SHARED.server();
    register(&server, "replaced", "\u{fffd}\u{fffd} is what others make of them").expect(201);
    let send = |path: &str, name: &str, password: &str| {
        let body = format!("username={name}&password={password}+is+what+others+make+of+them");
        server.send(&Request::post(path).text("application/x-www-form-urlencoded", &body))
    };
    send("/login", "replaced", "%ef%bf%bd%EF%BF%BD").expect(200);
    for bytes in ["%ff%fe", "%e9%e8", "%c0%80", "%ed%a0%80"] {
        send("/login", "replaced", bytes).refusal(400, "malformed");
        send("/register", "another", bytes).refusal(400, "malformed");
    }
}

/// Each is good, and odd in a way of its own.
const ODD: [&str; 40] = [
    " leading and trailing ",
    "   three spaces before",
    "three spaces after   ",
    "two  spaces  between  words",
    "onlylowercaselettershere",
    "ONLYUPPERCASELETTERSHERE",
    "#;{?=|<~^:>(}%,[&",
    "8203 5519 4467 0918 7263 15",
    "nul\0in\0every\0gap\0here",
    "\0begins with a nul and ends\0",
    "tab\tnewline\nreturn\r bell\u{7}",
    "\u{1b}[31mescape sequence\u{1b}[0m",
    "delete\u{7f} and \u{80} and \u{9f} controls",
    "\"quotes\" 'and' \\slashes\\/",
    "{\"json\": \"in a string\"}",
    "+plus & ampersand = equals %41",
    "%00%0a%20 percent signs",
    "a;b;c;semicolon=value; Path=/",
    "<script>alert('x')</script>",
    "'; drop table users; --",
    "${jndi:ldap://host/a} $(id) `id`",
    "../../../etc/passwd\0.png",
    "$argon2id$v=19$m=8,t=1,p=1$abc$def",
    "кириллица и ещё немного",
    "ελληνικά με τόνους",
    "السلام عليكم يا صديقي",
    "שלום לכולם בבית החדש",
    "नमस्ते दुनिया कैसे हो",
    "夏の夜の夢を見ましたかねえ君は",
    "한국어로 쓴 긴 비밀번호입니다",
    "ภาษาไทยยาวพอสมควร",
    "🦀🐙🦑🐠🐡🦈🐋🐬🐳🦐🐚🦞🪸🐟🐌",
    "👩‍👩‍👧‍👦 family of four 🏳️‍🌈 flag",
    "cafe\u{301} cre\u{300}me bru\u{302}le\u{301}e",
    "z\u{335}\u{321}a\u{336}l\u{337}g\u{338}o\u{334} marks stacked",
    "\u{202e}from right to left",
    "\u{200b}zero\u{200d}width\u{200c}joiners\u{2060}",
    "\u{feff}byte order mark first",
    "\u{fffd}\u{fdd0} replaced and unassigned",
    "\u{10ffff}\u{f8ff} private and beyond",
];

#[test]
fn pw_04_forty_odd_passwords_register_and_log_in() {
    let server = SHARED.server();
    for (index, password) in ODD.into_iter().enumerate() {
        let name = format!("odd{index}");
        register(&server, &name, password).expect(201);
        // Forms and JSON have escapes of their own; both must give the same bytes.
        let by = if index % 2 == 0 { login } else { login_by_form };
        assert_eq!(by(&server, &name, password), 200, "{password:?}");
    }
}
