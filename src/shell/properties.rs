//! What holds for every script, sensible or not: it is read or refused, ends or is told not to, within bounds.

use proptest::prelude::*;

use super::*;

/// Texts made of the pieces that scripts are made of, so that many of them mean something.
fn near_script() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "(if|then|else|elif|fi|for|in|do|done|while|until|case|esac|break|continue|return|exit|function)",
        "(echo|sleep|true|false|date|seq|read|wait|trap|kill|eval|exec|sh|set|test|cat|head|grep|sed|cut|tr|printf|expr|yes)",
        "(\\$x|\\$\\{x:-y\\}|\\$\\{x%%\\*\\}|\\$\\{#x\\}|\\$\\(|\\$\\(\\(|\\)\\)|`|\\$RANDOM|\\$\\?|\\$@|\"|'|\\\\)",
        "(;|;;|&|&&|\\||\\|\\||\\(|\\)|\\{|\\}|<|>|>>|<<E|2>&1|!|\\[|\\]|\\[\\[|\\]\\]|\n|#|=|\\*|\\?|-|/|%|\\+)",
        "(x=|1|2|3|0\\.5|10|TERM|-n|-e|-c|-f|/dev/null|/tmp/f|infinity|[a-z]{1,3}|[^a]{0,2})",
    ];
    proptest::collection::vec((piece, prop_oneof![Just(" "), Just(""), Just("\n")]), 0..30)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| piece + gap).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_script_panics_and_every_one_is_bounded_and_repeatable(text in near_script(), shell in prop_oneof![Just("sh"), Just("bash")]) {
        let launch = Launch { command: vec![shell.into(), "-c".into(), text], ..Launch::default() };
        let program = Program::of(&launch).unwrap();
        let outcome = program.outcome();
        let again = Program::of(&launch).unwrap();
        prop_assert_eq!(outcome, again.outcome());
        let hour = 3_600_000_000_000;
        let lines = program.logs_until(hour);
        prop_assert!(lines.len() <= MAX_LOG_LINES);
        prop_assert!(lines.iter().all(|line| line.text.len() <= MAX_LOG_LINE_BYTES && line.offset_nanos <= hour));
        prop_assert!(lines.is_sorted_by_key(|line| line.offset_nanos));
        prop_assert_eq!(&lines, &again.logs_until(hour));
        if let Outcome::Exits { offset_nanos, code } = outcome {
            prop_assert!((0..=255).contains(&code));
            prop_assert!(offset_nanos >= 0);
        }
        if let Termination::Exits { offset_nanos, .. } = program.sigterm(hour) {
            prop_assert!(offset_nanos >= 0);
        }
    }

    #[test]
    fn any_text_at_all_may_be_a_command(words in proptest::collection::vec(".{0,40}", 0..6), image in ".{0,20}") {
        let launch = Launch { image, command: words.clone(), args: words, ..Launch::default() };
        if let Some(program) = Program::of(&launch) {
            program.outcome();
            program.logs_until(1_000_000_000);
        }
    }

    #[test]
    fn arithmetic_agrees_with_the_processor(a in -1000i64..1000, b in 1i64..1000, c in -1000i64..1000) {
        let text = format!("echo $(( {a} * {c} + {b} % 7 - ({c} - {a}) / {b} )) $(( {a} < {b} && {c} != {b} || !{a} ))");
        let launch = Launch { command: vec!["sh".into(), "-c".into(), text], ..Launch::default() };
        let lines = Program::of(&launch).unwrap().logs_until(0);
        let truth = i64::from(a < b && c != b || a == 0);
        prop_assert_eq!(&lines[0].text, &format!("{} {truth}", a * c + b % 7 - (c - a) / b));
    }
}

proptest! {
    // Each case plays thousands of rounds.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_log_at_a_moment_does_not_depend_on_how_one_got_there(
        period in 1i64..9, rounds in 1i64..2_000, stops in proptest::collection::vec(0i64..10_000, 1..8),
    ) {
        let text = format!("while true; do echo a $(date +%s); sleep {period}; echo b; done");
        let launch = Launch { command: vec!["sh".into(), "-c".into(), text], ..Launch::default() };
        let program = Program::of(&launch).unwrap();
        let moment = rounds * period * 1_000_000_000 + 1;
        let mut playback = program.play();
        let mut stops: Vec<i64> = stops.into_iter().map(|stop| stop * 1_000_000_000).filter(|stop| *stop < moment).collect();
        stops.sort_unstable();
        for stop in stops {
            playback.advance(stop);
        }
        playback.advance(moment);
        prop_assert_eq!(playback.lines(moment), program.logs_until(moment));
    }
}

#[test]
fn hostile_scripts_are_refused_or_cut_and_never_overflow_anything() {
    let deep = |open: &str, close: &str| open.repeat(20_000) + "x" + &close.repeat(20_000);
    let scripts = [
        deep("(", ")"),
        deep("$(", ")"),
        deep("echo $((", "))"),
        format!("echo $(({}1{}))", "(".repeat(5_000), ")".repeat(5_000)),
        format!("echo $(({}1))", "-".repeat(20_000)),
        format!("echo $(({}1))", "1+".repeat(20_000)),
        format!("echo $(({}1))", "1?1:".repeat(10_000)),
        format!("[ {}x ]", "! ".repeat(20_000)),
        deep("{ ", "; }"),
        deep("if ", "; then :; fi"),
        deep("\"$(", ")\""),
        deep("${x:-", "}"),
        deep("while ", "; do :; done"),
        "! ".repeat(20_000) + "true",
        "true && ".repeat(5_000) + "true",
        "echo x | ".repeat(3_000) + "cat -",
        "f() { f; }; f".into(),
        "f() { echo $(f); }; f".into(),
        "f() { f | f; }; f".into(),
        "f() { f & f & }; f".into(),
        "x=ab; while :; do x=$x$x; done".into(),
        "x=a; for i in $(seq 1 16); do x=$x$x; done; echo ${x//a*a/b} ${x%%*b*b*b*} | sed 's/a*a*a*b/x/' | grep 'a*a*a*a*b'".into(),
        "eval 'eval \"eval x\"'; while :; do eval \"$0\"; done".into(),
        "yes | yes | yes | wc -l; seq 1 99999999 | sort | uniq -c | tail -1; seq 1000000000000 1 9223372036854775807".into(),
        "for i in $(seq 1 10000); do for j in $(seq 1 10000); do echo $i$j; done; done".into(),
        "while :; do echo x >> /tmp/$((i=i+1)); done".into(),
        "while :; do sleep 1 & done".into(),
        "trap 'exit' EXIT; exit; trap 'trap' TERM; kill 1; kill $$".into(),
        "sleep 9999999999999999999d; sleep 99999999999; sleep 99999999999; sleep 9999999999; date".into(),
        "printf %999999999d 1; printf '%*d' 99999999 1; printf '%.99999f' 1".into(),
        "x=$(seq 1 9999); f() { (set -- $x $1; f \"$@\"); }; f".into(),
        "x=$(seq 1 9999); for i in $(seq 1 999); do eval v$i='$x$x$x'; echo \"$x$x\" >/f$i; done".into(),
        "set -- $(seq 1 10000); while :; do set -- \"$@\" \"$@\"; done".into(),
    ];
    for script in scripts {
        let shown: String = script.chars().take(40).collect();
        let launch = Launch { command: vec!["bash".into(), "-c".into(), script], ..Launch::default() };
        let program = Program::of(&launch).unwrap();
        let outcome = program.outcome();
        let lines = program.logs_until(i64::MAX);
        assert!(lines.len() <= MAX_LOG_LINES, "{shown} {outcome:?}");
        program.sigterm(5_000_000_000);
    }
}
