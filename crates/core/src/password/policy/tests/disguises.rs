//! What is guessed first stays that, however it is written; and what a name is does not hang on how it is spelt.

use super::{PolicyViolation, check, password};
use crate::password::Policy;

#[track_caller]
fn all_are_common(texts: &[&str]) {
    for text in texts {
        assert_eq!(check(text, &[]), Err(PolicyViolation::Common), "{text:?}");
    }
}

#[test]
fn pw_05_a_separator_hides_no_word() {
    all_are_common(&[
        "p a s s w o r d",
        "p-a-s-s-w-o-r-d",
        "p/a/s/s/w/o/r/d",
        "i_l_o_v_e_y_o_u",
        "i l o v e y o u ",
        "pas swo rd1 234",
        "dra~gon dra~gon",
        "P.a.s.s.w.o.r.d.",
        "foot--ball 1987",
    ]);
    let eight = Policy::new(8).unwrap();
    for text in ["dra=gon=fly", "mon#key#s", "li/ver/pool", "pass=word", "pa ss wo rd", "1 2 3 4 5 6 7 8"] {
        assert_eq!(eight.check(&password(text), &[]), Err(PolicyViolation::Common), "{text}");
    }
}

#[test]
fn pw_05_doubled_and_interleaved_letters_hide_no_word() {
    all_are_common(&[
        "ppaasssswwoorrdd1",
        "ddrraaggoonn1122",
        "IILLOOVVEEYYOOUU",
        "p1a2s3s4w5o6r7d8",
        "1p2a3s4s5w6o7r8d",
        "pdarsasgwoonr1d2",
        "q.w.e.r.t.y.u.i.o.p",
        "pp-aa-ss-ss-ww-oo-rr-dd",
        "p - a - s - s - w - o - r - d",
    ]);
}

#[test]
fn pw_05_what_everybody_knows_by_heart_is_refused() {
    all_are_common(&[
        "May the Force be with you",
        "MayTheForceBeWithYou2026!",
        "correct horse battery staple",
        "the quick brown fox",
        "to-be-or-not-to-be",
        "Lorem ipsum dolor sit amet",
        "The Lord is my shepherd",
        "happy birthday to you",
        "this is my password",
        "one two three four five",
        "0nc3_up0n_4_t1m3",
        "ich liebe dich so sehr",
        "ясамаякрасивая12",
    ]);
}

#[test]
fn pw_05_characters_that_nobody_sees_hide_no_word() {
    for unseen in
        ["\u{200b}", "\u{200d}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{202e}", "\u{fe0f}", "\u{34f}", "\u{301}"]
    {
        let text = format!("pass{unseen}word{unseen}{unseen}pass{unseen}word{unseen}");
        all_are_common(&[&text]);
    }
}

#[test]
fn pw_05_letters_of_another_script_hide_no_word() {
    all_are_common(&[
        "раsswоrd раsswоrd", // with `р`, `а` and `о` of the Cyrillic alphabet
        "РАЅЅWОRD-PASSWORD",
        "ιloveyou-ιloveyou", // with a Greek `ι`
        "ｐａｓｓｗｏｒｄ１２３４５６７８",
        "𝓹𝓪𝓼𝓼𝔀𝓸𝓻𝓭-𝓹𝓪𝓼𝓼𝔀𝓸𝓻𝓭",
        "passwørd passwørd",
        "paßwort paßwort 1",
        "pa§§word pa§§word",
        "lìvęrpøōł lìvęrpøōł",
        "¡loveyou ¡loveyou",
        "зфыыцщкв зфыыцщкв", // `password` on Russian keys
        "ghbdtn ghbdtn 123", // and `привет` on Latin ones
        "privet 2026 privet",
        "mädchen-mädchen",
    ]);
}

#[test]
fn pw_05_digits_and_signs_that_look_like_letters_hide_no_word() {
    all_are_common(&[
        "P@55W0RD-p@55w0rd",
        "1l0v3y0u1l0v3y0u",
        "!1ov3y0u-!lov3you",
        "8u773rf1y-8u773rf1y",
        "dr460n-dr460n-12",
        "dr49on(at dr49on(at",
        "wi2ard wi2ard 12",
    ]);
}

#[test]
fn pw_05_a_name_is_found_in_every_spelling() {
    let names = ["JoséGarcía87", "j.quagga+mail@zyxomma.example"];
    for text in [
        "josegarcia-1987",
        "JOSE GARCIA 1987",
        "josé-garcía-2026",
        "aicragésoj-aicragésoj",
        "garcia.jose.garcia",
        "quaggaquaggaquagga",
        "ammoxyz-zyxomma-1",
        "jquagga.jquagga.1",
        "q u a g g a 1 9 8 7",
        "qu4gg4 zyx0mm4 12",
        "quаggа-zухоmmа-12", // with Cyrillic letters
        "qua\u{200b}gga qua\u{200b}gga 1",
    ] {
        assert!(check(text, &names).is_err(), "{text}");
    }
    assert_eq!(check("josephine hums tangos", &names), Ok(()));
}

#[test]
fn a_password_that_is_good_stays_so_in_every_script() {
    for text in [
        "три зелёных чайника под мостом",
        "κόκκινο ποδήλατο στη βροχή",
        "قطة صغيرة تحت المطر الخفيف",
        "चार नीले घोड़े नदी के पार",
        "בית קטן על ההר הגבוה",
        "세 마리 고양이와 낡은 기차역",
        "tři žluté ponožky na střeše",
        "vier grüne Kühe am Bahnhof",
    ] {
        assert_eq!(check(text, &["alice"]), Ok(()), "{text}");
    }
}
