//! The colours of the page, read back from its style sheet so that tests can judge them.

/// A colour: red, green, blue.
pub type Rgb = (u8, u8, u8);

/// The six-digit hexadecimal colour in a text.
pub fn parse_hex(text: &str) -> Option<Rgb> {
    let digits = text.trim().strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some((part(0)?, part(2)?, part(4)?))
}

/// The relative luminance of a colour, 0 to 1. (WCAG 2.2, relative luminance.)
pub fn luminance((r, g, b): Rgb) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// The contrast of two colours, 1 to 21. (WCAG 2.2, contrast ratio.)
///
/// ```
/// use orrery::view::palette::contrast;
/// assert!((contrast((255, 255, 255), (0, 0, 0)) - 21.0).abs() < 0.01);
/// ```
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The first colour mixed with so many percent of the second (as CSS `color-mix(in srgb, …)` does).
pub fn mix((r, g, b): Rgb, (r2, g2, b2): Rgb, percent: u32) -> Rgb {
    let channel = |a: u8, b: u8| ((u32::from(a) * (100 - percent) + u32::from(b) * percent) / 100) as u8;
    (channel(r, r2), channel(g, g2), channel(b, b2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const SHEET: &str = include_str!("../../static/app.css");
    const AA_TEXT: f64 = 4.5;
    const AA_SHAPE: f64 = 3.0;
    const TONES: [&str; 6] = ["running", "pending", "finished", "failed", "terminating", "lost"];

    /// The colour tokens of a theme.
    fn tokens(theme: &str) -> BTreeMap<String, Rgb> {
        let start = SHEET.find(&format!("[data-theme=\"{theme}\"]")).expect("the theme");
        let block = SHEET[start..].split('}').next().expect("its block");
        let pairs = block.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'));
        pairs.filter_map(|(name, value)| Some((name.to_string(), parse_hex(value.trim_end_matches(';'))?))).collect()
    }

    #[test]
    fn texts_and_shapes_have_enough_contrast_on_every_ground_in_both_themes() {
        for (theme, fill) in [("dark", 17), ("light", 11)] {
            let t = tokens(theme);
            let check = |what: &str, on: &str, least: f64, a: Rgb, b: Rgb| {
                let found = contrast(a, b);
                assert!(found >= least, "{theme}: {what} on {on} has {found:.2}, wants {least}");
            };
            for ground in ["bg", "panel", "raised"] {
                for text in ["text", "muted", "accent"].iter().chain(&TONES) {
                    check(text, ground, AA_TEXT, t[*text], t[ground]);
                }
            }
            check("on-accent", "accent", AA_TEXT, t["on-accent"], t["accent"]);
            check("bg", "text", AA_TEXT, t["bg"], t["text"]);
            for tone in TONES {
                let tile = mix(t["panel"], t[tone], fill);
                let letters = mix(t["text"], t[tone], 30);
                check("letters", &format!("a {tone} tile"), AA_TEXT, letters, tile);
                check("outline", &format!("a {tone} tile"), AA_SHAPE, t[tone], tile);
                check("letters", &format!("a {tone} bar"), AA_TEXT, t["text"], mix(t["panel"], t[tone], 38));
            }
            // Where a bar crosses the present its dashed half lies over the solid one.
            let crossing = mix(mix(t["panel"], t["running"], 44), t["running"], 9);
            check("letters", "a running bar", AA_TEXT, t["text"], crossing);
        }
    }

    #[test]
    fn both_themes_name_the_same_colours() {
        let names = |theme: &str| tokens(theme).into_keys().collect::<Vec<_>>();
        assert_eq!(names("dark"), names("light"));
    }
}
