//! The digits of pi, for the Job that every introduction to Jobs runs:
//! `perl -Mbignum=bpi -wle 'print bpi(2000)'`.

/// The most digits that are computed.
const MAX_PI_DIGITS: usize = 5_000;

/// Digits beyond those shown, so that rounding errors of the sums stay out of sight.
const GUARD_DIGITS: usize = 10;

/// Decimal digits in one limb of a number.
const LIMB_DIGITS: usize = 9;
const LIMB: u64 = 1_000_000_000;

/// The argument of `bpi(...)` in a Perl program.
pub(super) fn digits_asked(program: &str) -> Option<usize> {
    let (_, rest) = program.split_once("bpi(")?;
    let (number, _) = rest.split_once(')')?;
    let number: u64 = number.trim().parse().ok()?;
    Some(usize::try_from(number).unwrap_or(usize::MAX))
}

/// Pi with that many significant digits, the last one rounded.
///
/// Machin's formula on fixed-point numbers: 16 arctan(1/5) - 4 arctan(1/239).
pub(super) fn digits(count: usize) -> String {
    let count = count.clamp(1, MAX_PI_DIGITS);
    let limbs = (count + GUARD_DIGITS).div_ceil(LIMB_DIGITS) + 1;
    let mut pi = arctan_inverse(5, 16, limbs);
    subtract(&mut pi, &arctan_inverse(239, 4, limbs));
    let mut text = pi[0].to_string();
    for limb in &pi[1..] {
        text.push_str(&format!("{limb:09}"));
    }
    let mut shown: Vec<u8> = text.bytes().take(count).collect();
    if text.as_bytes().get(count).is_some_and(|digit| *digit >= b'5') {
        for digit in shown.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let shown: String = shown.into_iter().map(char::from).collect();
    match shown.split_at(1) {
        (whole, "") => whole.to_string(),
        (whole, fraction) => format!("{whole}.{fraction}"),
    }
}

/// `scale` times arctan(1/n) as limbs: the whole part, then the fraction.
fn arctan_inverse(n: u64, scale: u64, limbs: usize) -> Vec<u64> {
    let mut power = vec![0; limbs];
    power[0] = scale;
    divide(&mut power, n);
    let mut sum = power.clone();
    let mut odd = 1;
    // Bounded: each round makes the power n squared times smaller, until nothing is left of it.
    while power.iter().any(|limb| *limb > 0) {
        divide(&mut power, n * n);
        odd += 2;
        let mut term = power.clone();
        divide(&mut term, odd);
        if odd % 4 == 3 {
            subtract(&mut sum, &term);
        } else {
            add(&mut sum, &term);
        }
    }
    sum
}

fn divide(number: &mut [u64], by: u64) {
    let mut rest = 0;
    for limb in number {
        let value = rest * LIMB + *limb;
        *limb = value / by;
        rest = value % by;
    }
}

fn add(number: &mut [u64], other: &[u64]) {
    let mut carry = 0;
    for (limb, more) in number.iter_mut().zip(other).rev() {
        let value = *limb + more + carry;
        *limb = value % LIMB;
        carry = value / LIMB;
    }
}

fn subtract(number: &mut [u64], other: &[u64]) {
    let mut borrow = 0;
    for (limb, less) in number.iter_mut().zip(other).rev() {
        let value = *limb + LIMB - less - borrow;
        *limb = value % LIMB;
        borrow = 1 - value / LIMB;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_of_pi_rounded_at_the_end() {
        assert_eq!(digits(1), "3");
        assert_eq!(digits(5), "3.1416");
        assert_eq!(digits(51), "3.14159265358979323846264338327950288419716939937511");
        let long = digits(2_000);
        assert_eq!(long.len(), 2_001);
        // The 762nd to 767th decimal are the six nines in a row.
        assert_eq!(&long[2 + 761..2 + 767], "999999");
        // Decimals 991 to 1000.
        assert_eq!(&long[2 + 990..2 + 1000], "2164201989");
        assert_eq!(digits(usize::MAX).len(), MAX_PI_DIGITS + 1);
    }
}
