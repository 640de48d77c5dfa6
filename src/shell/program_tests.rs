//! Which program a container has, how endless ones are told, and how SIGTERM is taken.

use super::script_tests::{launch, seconds, shown};
use super::*;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

fn script(text: &str) -> Program {
    Program::of(&launch(&["sh", "-c", text])).unwrap()
}

#[test]
fn a_command_without_a_shell_runs_its_words_as_they_are() {
    let run = |words: &[&str]| shown(&Program::of(&launch(words)).unwrap(), 1_000);
    assert_eq!(run(&["sleep", "30"]), ("".into(), "0@30".into()));
    assert_eq!(run(&["echo", "hi;", "$HOME", "a  b"]), ("0:hi; $HOME a  b".into(), "0@0".into()));
    assert_eq!(run(&["/bin/false"]), ("".into(), "1@0".into()));
    assert_eq!(run(&["date", "+%F"]), ("0:2026-01-05".into(), "0@0".into()));
    assert_eq!(run(&["sh"]), ("".into(), "0@0".into()), "a shell without a terminal is over at once");
    assert_eq!(run(&["sh", "/scripts/run.sh"]).1, "2@0");
    assert_eq!(run(&["sh", "-ec", "false; echo never"]), ("".into(), "1@0".into()));
    assert_eq!(run(&["bash", "-euo", "pipefail", "-c", "echo $0 $1", "me", "x"]), ("0:me x".into(), "0@0".into()));
    assert_eq!(run(&["env", "A=1", "printenv", "A"]), ("0:1".into(), "0@0".into()));
    assert_eq!(run(&["timeout", "3", "tail", "-f", "/dev/null"]), ("".into(), "143@3".into()));
    assert_eq!(run(&["slep", "30"]), ("0:sh: slep: not found".into(), "127@0".into()));
}

#[test]
fn the_documentations_pi_job_prints_pi_after_five_seconds() {
    let mut pi = launch(&["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]);
    pi.image = "perl:5.34.0".into();
    let program = Program::of(&pi).unwrap();
    assert_eq!(program.outcome(), Outcome::Exits { offset_nanos: 5 * SECOND, code: 0 });
    assert!(program.logs_until(5 * SECOND - 1).is_empty());
    let lines = program.logs_until(5 * SECOND);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].text.starts_with("3.14159265358979323846264338327950288419716939937510"));
    assert_eq!(lines[0].text.len(), 2_001);
}

#[test]
fn command_and_args_go_together_and_references_to_the_environment_are_replaced() {
    let mut both = launch(&["sh", "-c"]);
    both.args = vec!["echo $(GREETING) $(NOBODY); echo $$HOME".into()];
    let (log, _) = shown(&Program::of(&both).unwrap(), 1);
    // $(NOBODY) stays, so the shell takes it for a command; `$$` is a plain dollar by the time the shell sees it.
    assert_eq!(log, "0:sh: NOBODY: not found|0:hi there|0:/root");
    let mut args_only = launch(&[]);
    args_only.args = vec!["echo".into(), "$(GREETING)".into()];
    assert_eq!(shown(&Program::of(&args_only).unwrap(), 1).0, "0:hi there");
    args_only.image = "nginx".into();
    assert!(matches!(Program::of(&args_only).unwrap().rule(), Rule::Image(_)), "args of an entrypoint are its options");
}

#[test]
fn what_nothing_is_known_about_has_no_program() {
    let mut own = launch(&["/app/server", "--port", "80"]);
    own.image = "registry.example:5000/team/server:1".into();
    assert!(Program::of(&own).is_none());
    own.command.clear();
    assert!(Program::of(&own).is_none());
    own.command = ["sh", "-c", "/app/server"].map(String::from).to_vec();
    let program = Program::of(&own).unwrap();
    assert_eq!(program.outcome(), Outcome::Exits { offset_nanos: 0, code: 127 });
    assert_eq!(program.notes(), [Note::NotFound("/app/server".into())]);
}

#[test]
fn every_known_image_does_what_it_does_without_a_command() {
    let mut names = std::collections::BTreeSet::new();
    for image in images::all() {
        for name in image.repositories {
            assert!(names.insert(*name), "{name} twice");
            assert_eq!(images::lookup(name), Some(image));
        }
        let program = Program::of(&Launch { image: image.repositories[0].into(), ..Launch::default() }).unwrap();
        assert_eq!(program.rule(), Rule::Image(image));
        assert!(program.notes().iter().all(|note| matches!(note, Note::Serves(_))), "{image:?}: {:?}", program.notes());
        let ends = matches!(program.outcome(), Outcome::Exits { .. });
        let wants_password = ["postgres", "mysql", "mariadb"].contains(&image.repositories[0]);
        assert_eq!(ends, !image.serves() || wants_password, "{image:?}");
        assert!(image.size_bytes > 1_000 && image.ports.iter().all(|port| *port > 0));
    }
    assert!(names.len() > 60);
}

#[test]
fn images_of_the_lessons_behave_as_documented() {
    let run = |image: &str, env: &[(&str, &str)]| {
        let env = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let program = Program::of(&Launch { image: image.into(), env, ..Launch::default() }).unwrap();
        shown(&program, 60)
    };
    assert_eq!(run("kubetm/init", &[]), ("0:job start|20:job end".into(), "0@20".into()));
    assert_eq!(run("kubetm/app", &[]), ("0:Listening on port 8080".into(), "forever".into()));
    assert_eq!(run("busybox", &[]), ("".into(), "0@0".into()));
    let (log, end) = run("postgres:16", &[]);
    assert!(log.contains("superuser password is not specified"), "{log}");
    assert_eq!(end, "1@0");
    assert_eq!(run("postgres:16", &[("POSTGRES_PASSWORD", "x")]).1, "forever");
}

#[test]
fn an_endless_program_is_told_at_once_and_its_log_is_there_at_any_moment() {
    for text in [
        "while true; do date; sleep 5; done",
        "while :; do echo \"$(date) tick\"; sleep 5; done",
        "while true; do i=$((i+1)); echo $i; sleep 5; done",
        "until false; do echo x; sleep 5; done",
        "while [ 1 ]; do echo $RANDOM; sleep 5; done",
        "while true; do echo x; sleep 5 & wait; done",
        "trap 'exit 0' TERM; while true; do echo x; sleep 5 & wait $!; done",
        "for ((;;)); do echo x; sleep 5; done",
    ] {
        let program = Program::of(&launch(&["bash", "-c", text])).unwrap();
        assert_eq!(program.outcome(), Outcome::RunsForEver, "{text}");
        let lines = program.logs_until(DAY);
        assert_eq!(lines.len(), MAX_LOG_LINES, "{text}");
        assert_eq!(lines.last().unwrap().offset_nanos, DAY, "{text}");
        let first = program.logs_until(12 * SECOND);
        let offsets: Vec<String> = first.iter().map(|line| seconds(line.offset_nanos)).collect();
        assert_eq!(offsets, ["0", "5", "10"], "{text}");
    }
}

#[test]
fn rounds_that_are_skipped_are_as_if_they_had_been_run() {
    let program = script("while true; do date +%s; sleep 7; echo -; sleep 3; done");
    // A year of it, and the last lines are what the clock says.
    let year = 365 * DAY;
    let lines = program.logs_until(year);
    let start = 1_767_603_600;
    assert_eq!(lines.last().unwrap().text, (start + 365 * 86_400).to_string());
    for line in lines.iter().filter(|line| line.text != "-") {
        assert_eq!(line.text, (start + line.offset_nanos / SECOND).to_string());
    }
    let mut playback = program.play();
    playback.advance(year);
    assert_eq!(playback.line_count(), 365 * 86_400 / 10 * 2 + 1);
    // Played in pieces it is the same.
    let mut pieces = program.play();
    for piece in 1..=100 {
        pieces.advance(DAY / 100 * piece);
    }
    assert_eq!(pieces.lines(DAY), program.logs_until(DAY));
}

#[test]
fn a_loop_without_a_pause_is_a_busy_one() {
    for text in
        ["while true; do :; done", "while true; do i=$((i+1)); done", "sleep 3; f() { f; }; while :; do f; done"]
    {
        let program = script(text);
        let busy = matches!(program.outcome(), Outcome::Spins { .. } | Outcome::Exits { .. });
        assert!(busy, "{text}: {:?}", program.outcome());
        assert!(program.logs_until(DAY).len() <= MAX_LOG_LINES);
    }
    assert_eq!(script("sleep 3; while true; do :; done").outcome(), Outcome::Spins { offset_nanos: 3 * SECOND });
}

#[test]
fn a_long_program_is_undecided_until_it_is_near_its_end() {
    let program = script("i=0; while [ $i -lt 40000 ]; do i=$((i+1)); sleep 1; done");
    let Outcome::Undecided { alive_until_nanos } = program.outcome() else { panic!("{:?}", program.outcome()) };
    assert!(alive_until_nanos > 3_600 * SECOND);
    // Looking on from there gets further, and in the end to its end.
    let mut playback = program.play();
    assert!(playback.advance(alive_until_nanos));
    let looking_on = playback.outcome();
    assert!(
        matches!(looking_on, Outcome::Undecided { alive_until_nanos: next } if next > alive_until_nanos),
        "{looking_on:?}"
    );
    while !playback.advance(39_900 * SECOND) {}
    assert_eq!(playback.outcome(), Outcome::Exits { offset_nanos: 40_000 * SECOND, code: 0 });
    let short = script("i=0; while [ $i -lt 3600 ]; do i=$((i+1)); sleep 1; done");
    assert_eq!(short.outcome(), Outcome::Exits { offset_nanos: 3_600 * SECOND, code: 0 });
}

#[test]
fn sigterm_is_taken_as_the_program_takes_it() {
    let exits = |second: i64, code| Termination::Exits { offset_nanos: second * SECOND, code };
    let table = [
        ("sleep 100", Termination::NoHandler),
        ("while true; do sleep 5; done", Termination::NoHandler),
        ("trap '' TERM; while true; do sleep 5; done", Termination::Survives),
        ("trap '' TERM; sleep 60", exits(60, 0)),
        // A shell looks at its signals when the command before its eyes is over.
        ("trap 'exit 0' TERM; while true; do sleep 5; done", exits(15, 0)),
        ("trap 'echo stopping; sleep 3; exit 7' SIGTERM; while true; do sleep 5; done", exits(18, 7)),
        ("trap 'exit 0' TERM; sleep infinity", Termination::Survives),
        // Only `wait` is interrupted.
        ("trap 'exit 0' TERM; sleep infinity & wait", exits(12, 0)),
        ("trap 'exit 3' 15; while :; do sleep 60 & wait $!; done", exits(12, 3)),
        ("trap 'stop=1' TERM; while [ -z \"$stop\" ]; do sleep 1; done; echo flushed; exit 4", exits(12, 4)),
        ("trap 'echo ignored' TERM; while true; do sleep 5; done", Termination::Survives),
        ("trap 'exit 0' TERM; exec sleep 100", Termination::NoHandler),
        ("trap 'exit 0' TERM; trap - TERM; sleep 100", Termination::NoHandler),
        ("trap 'exit 0' INT; sleep 100", Termination::NoHandler),
    ];
    for (text, expected) in table {
        assert_eq!(script(text).sigterm(12 * SECOND), expected, "{text}");
    }
    let nginx = Program::of(&Launch { image: "nginx".into(), ..Launch::default() }).unwrap();
    assert_eq!(nginx.sigterm(30 * DAY), Termination::Exits { offset_nanos: 30 * DAY, code: 0 });
    let late = script("trap 'exit 0' TERM; while true; do date; sleep 5; done").sigterm(300 * DAY + 1);
    assert_eq!(late, Termination::Exits { offset_nanos: 300 * DAY + 5 * SECOND, code: 0 });
}

#[test]
fn what_a_trap_prints_is_in_the_log_after_the_signal() {
    let program =
        script("trap 'echo stopping; sleep 2; echo stopped; exit 0' TERM; echo up; while true; do sleep 5; done");
    let lines = program.logs_with_sigterm(DAY, 12 * SECOND);
    let shown: Vec<String> = lines.iter().map(|line| format!("{}:{}", seconds(line.offset_nanos), line.text)).collect();
    assert_eq!(shown, ["0:up", "15:stopping", "17:stopped"]);
}

#[test]
fn equal_launches_do_equal_things_and_seeds_change_only_chance() {
    let text = "for i in 1 2 3; do echo $RANDOM; sleep $((RANDOM % 10)); done; exit $((RANDOM % 2))";
    let program = |seed: u64| Program::of(&Launch { seed, ..launch(&["sh", "-c", text]) }).unwrap();
    let facts = |program: &Program| (program.outcome(), program.logs_until(DAY));
    assert_eq!(facts(&program(1)), facts(&program(1)));
    assert_ne!(facts(&program(1)), facts(&program(2)));
    for line in program(3).logs_until(DAY) {
        assert!(line.text.parse::<u32>().unwrap() < 32_768);
    }
}
