//! Small programs, and what they print and when: one table, a line for each. `LOG @ EXIT`, where LOG is the lines with
//! the seconds after the start at which they come, and EXIT is `code@second`, `forever` or `spins@second`.

use super::*;

pub(super) fn launch(words: &[&str]) -> Launch {
    Launch {
        image: "busybox".to_string(),
        command: words.iter().map(|word| word.to_string()).collect(),
        env: vec![("GREETING".to_string(), "hi there".to_string())],
        hostname: "pod-1".to_string(),
        // 2026-01-05T09:00:00Z, a Monday.
        start_unix_nanos: 1_767_603_600_000_000_000,
        seed: 7,
        ..Launch::default()
    }
}

pub(super) fn seconds(nanos: i64) -> String {
    let text = format!("{}.{:03}", nanos / 1_000_000_000, nanos / 1_000_000 % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

pub(super) fn shown(program: &Program, until_seconds: i64) -> (String, String) {
    let lines = program.logs_until(until_seconds * 1_000_000_000);
    let log: Vec<String> = lines.iter().map(|line| format!("{}:{}", seconds(line.offset_nanos), line.text)).collect();
    let end = match program.outcome() {
        Outcome::Exits { offset_nanos, code } => format!("{code}@{}", seconds(offset_nanos)),
        Outcome::RunsForEver => "forever".to_string(),
        Outcome::Spins { offset_nanos } => format!("spins@{}", seconds(offset_nanos)),
        Outcome::Undecided { alive_until_nanos } => format!("undecided@{}", seconds(alive_until_nanos)),
    };
    (log.join("|"), end)
}

/// Runs each script under `sh -c` for a day and compares.
fn check(table: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (script, log, end) in table {
        let program = Program::of(&launch(&["sh", "-c", script])).unwrap();
        let (got_log, got_end) = shown(&program, 86_400);
        if (got_log.as_str(), got_end.as_str()) != (log, end) {
            wrong.push(format!("{script}\n   wanted {log:?} {end}\n      got {got_log:?} {got_end}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn commands_print_wait_and_exit() {
    check(&[
        ("", "", "0@0"),
        ("true", "", "0@0"),
        ("false", "", "1@0"),
        ("exit 3", "", "3@0"),
        ("exit 256", "", "0@0"),
        ("echo hello; sleep 20; exit 1", "0:hello", "1@20"),
        ("echo 'job start';sleep 20; echo 'job end'", "0:job start|20:job end", "0@20"),
        ("sleep 1.5; echo a; sleep 1m 2s; echo b", "1.5:a|63.5:b", "0@63.5"),
        ("sleep 1h", "", "0@3600"),
        ("sleep .25; echo x", "0.25:x", "0@0.25"),
        ("sleep infinity", "", "forever"),
        ("sleep", "0:sleep: missing operand", "1@0"),
        ("sleep soon; echo $?", "0:sleep: invalid number 'soon'|0:1", "0@0"),
        ("tail -f /dev/null", "", "forever"),
        ("timeout 5 sleep 60; echo $?", "5:143", "0@5"),
        ("timeout 5 sleep 2; echo $?", "2:0", "0@2"),
        ("sleep 2 && echo yes || echo no", "2:yes", "0@2"),
        ("false && echo yes || echo no", "0:no", "0@0"),
        ("false || false && echo x; echo $?", "0:1", "0@0"),
        ("! true; echo $?", "0:1", "0@0"),
        ("# only a comment\necho a # and one here\n\necho b", "0:a|0:b", "0@0"),
        ("echo one \\\n  two", "0:one two", "0@0"),
        ("slep 5", "0:sh: slep: not found", "127@0"),
        ("slep 5 || echo never mind", "0:sh: slep: not found|0:never mind", "0@0"),
        ("nginx -g 'daemon off;'", "", "forever"),
        ("wget -q http://svc", "", "0@0"),
        ("exec sleep 5; echo never", "", "0@5"),
        ("sh -c 'echo in; exit 4'; echo out $?", "0:in|0:out 4", "0@0"),
        ("sh -c 'echo $0 $1 $#' a b c", "0:a b 2", "0@0"),
        ("hostname; whoami; uname; pwd", "0:pod-1|0:root|0:Linux|0:/", "0@0"),
    ]);
}

#[test]
fn words_are_quoted_expanded_and_split_as_in_any_shell() {
    check(&[
        ("echo \"$GREETING\" '$GREETING' \\$GREETING", "0:hi there $GREETING $GREETING", "0@0"),
        ("x='a  b'; echo $x; echo \"$x\"", "0:a b|0:a  b", "0@0"),
        ("A=1; B=$A$A; echo ${B}2 \"${B}\"", "0:112 11", "0@0"),
        ("echo ${NONE:-default} ${NONE-d2} ${GREETING:+set} [${NONE:+unset}]", "0:default d2 set []", "0@0"),
        ("echo ${X:=5}; echo $X; echo ${#GREETING}", "0:5|0:5|0:8", "0@0"),
        ("f=a/b/c.tar.gz; echo ${f##*/} ${f#*/} ${f%.*} ${f%%.*}", "0:c.tar.gz b/c.tar.gz a/b/c.tar a/b/c", "0@0"),
        ("echo ${NONE:?is missing}; echo never", "0:sh: NONE: is missing", "2@0"),
        ("echo $((1 + 2 * 3)) $(( (1+2)*3 )) $((7/2)) $((7%3)) $((2**10)) $((1<2))", "0:7 9 3 1 1024 1", "0@0"),
        ("i=5; i=$((i+1)); echo $i $((i++)) $i $((i > 6 ? 10 : 20))", "0:6 6 7 10", "0@0"),
        ("echo $((1/0)); echo never", "0:sh: divide by zero", "2@0"),
        ("echo $(echo a; echo b) \"$(printf 'a\\nb\\n')\"", "0:a b a|0:b", "0@0"),
        ("x=`echo back`; echo $x `echo \\`echo deep\\``", "0:back deep", "0@0"),
        ("x=$(sleep 3; echo late); echo $x", "3:late", "0@3"),
        ("x=$(false); echo $?", "0:1", "0@0"),
        ("echo -n a; echo b; echo -e 'x\\ty'; echo -E 'x\\ty'", "0:ab|0:x\ty|0:x\\ty", "0@0"),
        ("echo -n unfinished", "0:unfinished", "0@0"),
        (
            "printf '%s is %d years, %05.1f%%\\n' Ann 30 99.56 Bob 7 0",
            "0:Ann is 30 years, 099.6%|0:Bob is 7 years, 000.0%",
            "0@0",
        ),
        ("printf '[%5s|%-5s|%03d|%x]\\n' ab cd 7 255", "0:[   ab|cd   |007|ff]", "0@0"),
        ("echo {1..3}", "0:{1..3}", "0@0"),
        (
            "set -- a 'b c'; echo $# $1 \"$2\"; for x in \"$@\"; do echo \"<$x>\"; done; shift; echo $1",
            "0:2 a b c|0:<a>|0:<b c>|0:b c",
            "0@0",
        ),
        ("cat <<EOF\nhello $GREETING\n  $((1+1))\nEOF\necho after", "0:hello hi there|0:  2|0:after", "0@0"),
        ("cat <<'EOF'\n$GREETING\nEOF", "0:$GREETING", "0@0"),
        ("HOME=/data; echo ~ ~/x '~'", "0:/data /data/x ~", "0@0"),
        ("IFS=,; x=a,b,c; for i in $x; do echo $i; done", "0:a|0:b|0:c", "0@0"),
    ]);
}

#[test]
fn conditions_loops_and_functions_steer() {
    check(&[
        ("for i in 1 2 3; do echo $i; sleep 2; done", "0:1|2:2|4:3", "0@6"),
        ("for i in $(seq 1 3); do echo step $i; sleep 1; done; echo done", "0:step 1|1:step 2|2:step 3|3:done", "0@3"),
        ("for i in a b; do for j in 1 2; do echo $i$j; done; done", "0:a1|0:a2|0:b1|0:b2", "0@0"),
        ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); sleep 1; done", "0:0|1:1|2:2", "0@3"),
        ("n=3; until [ $n -eq 0 ]; do echo $n; n=$(expr $n - 1); sleep 1; done; echo go", "0:3|1:2|2:1|3:go", "0@3"),
        ("while true; do sleep 5; i=$((i+1)); if [ $i -eq 3 ]; then break; fi; done; echo $i", "15:3", "0@15"),
        ("for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done", "0:1|0:3", "0@0"),
        ("for i in 1 2; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done", "0:11|0:21", "0@0"),
        ("if [ -n \"$GREETING\" ]; then echo set; else echo unset; fi", "0:set", "0@0"),
        ("if false; then echo a; elif [ 3 -gt 2 ]; then echo b; else echo c; fi", "0:b", "0@0"),
        ("if false; then echo a; fi; echo $?", "0:0", "0@0"),
        ("[ a = a -a 1 -le 2 ] && [ ! -f /none ] && test -z '' && echo all", "0:all", "0@0"),
        ("[ 1 -eq x ]; echo $?", "0:sh: x: bad number|0:2", "0@0"),
        ("case prod-1 in dev*) echo dev;; prod*|live) echo prod;; *) echo other;; esac", "0:prod", "0@0"),
        ("f() { echo \"got $1 of $#\"; return 3; }; f x y; echo $?", "0:got x of 2|0:3", "0@0"),
        (
            "log() { echo \"[$(date +%T)] $*\"; }; log start; sleep 75; log end",
            "0:[09:00:00] start|75:[09:01:15] end",
            "0@75",
        ),
        ("(cd /tmp; x=1; echo in; exit 3); echo $? [$x]; pwd", "0:in|0:3 []|0:/", "0@0"),
        ("{ echo a; echo b; } > /tmp/f; cat /tmp/f; wc -l < /tmp/f", "0:a|0:b|0:2", "0@0"),
        ("echo out > /dev/null; echo err >&2; slep 2>/dev/null; echo $?", "0:err|0:127", "0@0"),
        ("echo a >> /tmp/log; echo b >> /tmp/log; [ -f /tmp/log ] && cat /tmp/log | wc -l", "0:2", "0@0"),
        ("set -e; echo a; false; echo never", "0:a", "1@0"),
        ("set -e; if false; then :; fi; false || true; ! true; echo still", "0:still", "0@0"),
        ("set -eu; echo $NOT_SET; echo never", "0:sh: NOT_SET: parameter not set", "2@0"),
        ("set -x; echo a", "0:+ echo a|0:a", "0@0"),
        ("eval 'x=5; echo $x'; export Y=2; sh -c 'echo [$x] $Y'", "0:5|0:[] 2", "0@0"),
        ("trap 'echo bye' EXIT; echo hi; exit 2", "0:hi|0:bye", "2@0"),
    ]);
}

#[test]
fn pipelines_and_background_processes_work() {
    check(&[
        ("echo 'a b c' | wc -w", "0:3", "0@0"),
        ("seq 1 20 | grep 1 | tail -n 2 | tr '\\n' ' '", "0:18 19 ", "0@0"),
        ("printf 'b\\na\\nb\\n' | sort | uniq -c | sed 's/ *//'", "0:1 a|0:2 b", "0@0"),
        ("seq 3 | while read n; do echo n=$n; sleep 1; done", "0:n=1|1:n=2|2:n=3", "0@3"),
        ("echo a:b:c | cut -d: -f2; echo abc | tr a-c A-C; echo x | tee /tmp/x | cat", "0:b|0:ABC|0:x", "0@0"),
        ("yes | head -n 2", "0:y|0:y", "0@0"),
        ("echo x | grep -q y || echo none", "0:none", "0@0"),
        ("echo log line | tee -a /var/log/app.log", "0:log line", "0@0"),
        ("sleep 5 & echo started; wait; echo done", "0:started|5:done", "0@5"),
        ("(sleep 2; echo late) & echo first; sleep 4; echo last", "0:first|2:late|4:last", "0@4"),
        ("(sleep 2; exit 7) & wait $!; echo $?", "2:7", "0@2"),
        ("(while true; do echo beat; sleep 4; done) & sleep 10; echo end", "0:beat|4:beat|8:beat|10:end", "0@10"),
        ("sleep 100 & kill $!; wait $!; echo $?", "0:143", "0@0"),
        ("for i in 1 2 3; do (sleep $i; echo $i) & done; wait; echo all", "1:1|2:2|3:3|3:all", "0@3"),
    ]);
}

#[test]
fn the_clock_is_the_simulated_one() {
    check(&[
        ("date; sleep 90; date", "0:Mon Jan  5 09:00:00 UTC 2026|90:Mon Jan  5 09:01:30 UTC 2026", "0@90"),
        (
            "date +%Y-%m-%dT%H:%M:%SZ; date -u +%s; date '+%A %d %B, week day %u, day %j'",
            "0:2026-01-05T09:00:00Z|0:1767603600|0:Monday 05 January, week day 1, day 005",
            "0@0",
        ),
        ("sleep 0.123; date +%H:%M:%S.%3N; date -d @0 +%F", "0.123:09:00:00.123|0.123:1970-01-01", "0@0.123"),
        ("date -Iseconds; date -R", "0:2026-01-05T09:00:00+00:00|0:Mon, 05 Jan 2026 09:00:00 +0000", "0@0"),
        ("start=$(date +%s); sleep 42; echo took $(( $(date +%s) - start )) s", "42:took 42 s", "0@42"),
    ]);
}

#[test]
fn a_script_that_cannot_be_read_exits_with_2() {
    check(&[
        ("for i in 1 2; do echo $i", "0:sh: syntax error: unexpected end of file (expecting \"done\")", "2@0"),
        ("if true; echo x; fi", "0:sh: syntax error: unexpected \"fi\"", "2@0"),
        ("echo 'open", "0:sh: syntax error: unterminated quoted string", "2@0"),
        ("done", "0:sh: syntax error: unexpected \"done\"", "2@0"),
        ("echo a ;; echo b", "0:sh: syntax error: unexpected \";\"", "2@0"),
        ("echo )", "0:sh: syntax error: unexpected \")\"", "2@0"),
    ]);
}

#[test]
fn bash_knows_more_than_sh() {
    let program = |script: &str| Program::of(&launch(&["/bin/bash", "-c", script])).unwrap();
    let log = |script: &str| shown(&program(script), 100).0;
    assert_eq!(log("for i in {1..3}; do echo $i; done"), "0:1|0:2|0:3");
    assert_eq!(log("for ((i=0; i<2; i++)); do echo $i; sleep 1; done"), "0:0|1:1");
    assert_eq!(log("[[ $GREETING == hi* && -n x ]] && echo match"), "0:match");
    assert_eq!(log("x=Hello; echo ${x^^} ${x,,} ${x:1:3} ${x/l/L} ${x//l/L}"), "0:HELLO hello ell HeLlo HeLLo");
    assert_eq!(log("((i = 3)); (( i > 2 )) && echo $i"), "0:3");
    assert_eq!(log("function f { echo f; }; f"), "0:f");
    assert_eq!(log("slep"), "0:bash: line 1: slep: command not found");
}
