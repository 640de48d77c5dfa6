//! Korean particles: their form depends on whether the word before them ends in a consonant when read aloud.

/// A pair of forms: after a final consonant, after a vowel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Josa {
    /// 은 / 는, the topic.
    Topic,
    /// 이 / 가, the subject.
    Subject,
    /// 을 / 를, the object.
    Object,
    /// 으로 / 로, towards (ㄹ counts as a vowel).
    Towards,
    /// 과 / 와, and.
    With,
}

/// How the end of a word sounds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    L,
    Consonant,
}

/// The word with its particle.
///
/// ```
/// use orrery::i18n::josa::{Josa, with_josa};
/// assert_eq!(with_josa("node-1", Josa::Topic), "node-1은");
/// assert_eq!(with_josa("node-2", Josa::Topic), "node-2는");
/// assert_eq!(with_josa("node-1", Josa::Towards), "node-1로");
/// assert_eq!(with_josa("파드", Josa::Subject), "파드가");
/// ```
pub fn with_josa(word: &str, josa: Josa) -> String {
    let ending = word.chars().rev().find(|c| c.is_alphanumeric()).map_or(Ending::Vowel, ending);
    let (closed, open) = match josa {
        Josa::Topic => ("은", "는"),
        Josa::Subject => ("이", "가"),
        Josa::Object => ("을", "를"),
        Josa::Towards => ("으로", "로"),
        Josa::With => ("과", "와"),
    };
    let closes = ending == Ending::Consonant || (ending == Ending::L && josa != Josa::Towards);
    format!("{word}{}", if closes { closed } else { open })
}

/// Digits and Latin letters end as their Korean names do (1 일, 3 삼; l 엘, m 엠, n 엔, r 알).
fn ending(last: char) -> Ending {
    match last {
        '0' | '3' | '6' | 'm' | 'n' | 'M' | 'N' => Ending::Consonant,
        '1' | '7' | '8' | 'l' | 'r' | 'L' | 'R' => Ending::L,
        '가'..='힣' => match (last as u32 - '가' as u32) % 28 {
            0 => Ending::Vowel,
            8 => Ending::L,
            _ => Ending::Consonant,
        },
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_sound_of_the_word() {
        for (word, josa, expected) in [
            ("job-1-x7k2p", Josa::Subject, "job-1-x7k2p가"),
            ("cron-job", Josa::Object, "cron-job를"),
            ("daemonset-3", Josa::Subject, "daemonset-3이"),
            ("노드", Josa::Towards, "노드로"),
            ("레이블", Josa::Towards, "레이블로"),
            ("실행", Josa::Object, "실행을"),
            ("DaemonSet", Josa::With, "DaemonSet와"),
            ("(node-7)", Josa::Subject, "(node-7)이"),
        ] {
            assert_eq!(with_josa(word, josa), expected);
        }
    }
}
