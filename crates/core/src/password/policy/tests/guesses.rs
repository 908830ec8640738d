//! What somebody guesses who knows which passwords were stolen most often. The tests of the HTTP interface use it as well.

use std::collections::BTreeSet;

/// From the top of every statistic of stolen passwords.
const FAVOURITES: &str = "
password qwerty dragon monkey letmein baseball football iloveyou master sunshine princess shadow superman michael ashley bailey
welcome charlie donald jordan jennifer hunter soccer batman andrew tigger thomas starwars ginger joshua amanda chelsea matthew
dallas thunder corvette heather diamond anthony patrick internet samantha guitar jackson whatever mickey chicken snoopy ferrari
samsung steelers mercedes arsenal monster banana porsche london coffee yamaha secret admin pokemon barcelona liverpool elephant
mountain chocolate butterfly freedom forever robert daniel andrea peanut falcon cowboy spider knight winter flower wizard silver computer";

/// What real statistics of the longest passwords begin with.
pub(crate) const LONG: &str = "
123456789012345 1234567890123456 111111111111111 000000000000000 aaaaaaaaaaaaaaa 123456789123456 123123123123123 qwertyuiopasdfg
qwertyuiop123456 qwertyuiop[]asdf 1qaz2wsx3edc4rfv 1q2w3e4r5t6y7u8i qazwsxedcrfvtgb abcdefghijklmno abcdefghijklmnopqrstuvwxyz
zxcvbnmasdfghjkl asdfghjklqwertyuiop passwordpassword password123password passwordpassword1 Password123456789 P@ssw0rdP@ssw0rd
iloveyouforever iloveyousomuch1 iloveyouiloveyou iloveyoubaby123 iloveyouverymuch ilovemyfamily123 ilovejesuschrist jesusismylord123
godisgoodallthetime bestfriendsforever friendsforever123 mommyanddaddy123 happybirthday123 letmeinletmeinletmein manchesterunited
realmadrid123456 lordoftherings123 harrypotter12345 spongebobsquarepants sunshinesunshine dragonballz12345 adminadminadmin
administrator123 changemechangeme welcome123456789 princessprincess monkeymonkeymonkey !QAZ2wsx#EDC4rfv 159753159753159
147258369147258 789456123789456 abc123abc123abc123 a1b2c3d4e5f6g7h8 teamomuchomucho amormioteamo123 drowssapdrowssap
trustno1trustno1 ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ pásswörd-pässword 1qaz!QAZ1qaz!QAZ liverpooliverpoo1 ilovechocolate1 counterfoil12345 counterfoil-counterfoil January2026January summersummer2026 ФЫВАПРОЛДЖЭЙЦУК
";

/// The guesses of somebody who has only this list, most likely first, each at least as long as it must be.
pub(crate) fn guesses(least: usize) -> BTreeSet<String> {
    let favourites: Vec<&str> = FAVOURITES.split_whitespace().collect();
    let mut guesses = BTreeSet::new();
    let mut guess = |text: String| {
        if text.chars().count() >= least {
            guesses.insert(text);
        }
    };
    let fill = |text: &str, with: &str| text.chars().chain(with.chars().cycle()).take(least.max(text.len())).collect();
    for (word, next) in favourites.iter().zip(favourites.iter().cycle().skip(1)) {
        let capital = word[..1].to_uppercase() + &word[1..];
        let leet = word.replace('a', "@").replace('e', "3").replace('i', "1").replace('o', "0").replace('s', "$");
        let backwards: String = word.chars().rev().collect();
        for spelling in [word, capital.as_str(), &word.to_uppercase(), &leet] {
            guess(spelling.to_owned());
            guess(fill(spelling, spelling));
            for suffix in ["1234567890", "1", "!", "123", "0", "2026", "1987!", "12345!@#"] {
                guess(fill(spelling, suffix));
            }
            guess(format!("{spelling}{}", fill(next, "123")));
            guess(format!("{spelling} {next}"));
            guess(format!("{spelling}-{spelling}-{spelling}"));
            guess(format!("123456789{spelling}"));
        }
        guess(fill(&backwards, &backwards));
        guess(fill(word, &capital));
    }
    guesses.extend(LONG.split_whitespace().filter(|text| text.chars().count() >= least).map(ToOwned::to_owned));
    guesses
}
