//! Years and dates, written as digits.

use super::reading::Reading;

/// The price of a year.
const YEAR_BITS: u32 = 6;
/// The price of a day of some year.
const DATE_BITS: u32 = 12;

/// Offers every year and every date that begins there.
pub(super) fn starting_at(text: &Reading, start: usize, offer: &mut impl FnMut(usize, u32)) {
    let mut digits = [0; 8];
    let mut count = 0;
    for digit in (start..text.len()).map_while(|index| text.char(index).to_digit(10)).take(8) {
        digits[count] = digit;
        count += 1;
    }
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let is_year = |at: usize| matches!(two(at), 19 | 20);
    // The day and the month, either first.
    let is_day = |at: usize| {
        let (first, second) = (two(at), two(at + 2));
        (1..=31).contains(&first) && (1..=12).contains(&second)
            || (1..=12).contains(&first) && (1..=31).contains(&second)
    };
    if count >= 4 && is_year(0) {
        offer(4, YEAR_BITS);
    }
    if count >= 6 && (is_day(0) || is_day(2)) {
        offer(6, DATE_BITS);
    }
    if count == 8 && (is_day(0) && is_year(4) || is_year(0) && is_day(4)) {
        offer(8, DATE_BITS);
    }
}
