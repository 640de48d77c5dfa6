//! Tabs, templates and schedules.

use orrery::assist::{
    ObjectSpan, TEMPLATES, apply_edits, duplicate_object, insert_object, objects, remove_object, schedule_notes,
};
use orrery::manifest::schema::Schema;
use orrery::manifest::{LoadOptions, load};
use orrery::scenario;
use orrery::time::SimTime;

const TWO: &str = "# the first\nkind: Pod\napiVersion: v1\nmetadata:\n  name: a # name\n---\n# the second\nkind: Job\n\
  apiVersion: batch/v1\nmetadata: {name: b-1}\nspec: [\n";

fn names(text: &str) -> Vec<String> {
    objects(&Schema::new(), text).into_iter().map(|o| format!("{}/{}", o.kind, o.name)).collect()
}

#[test]
fn objects_are_found_in_broken_texts_and_in_lists() {
    let mut found = objects(&Schema::new(), TWO);
    ObjectSpan::judge(&mut found, &load(TWO, &LoadOptions::default()).diagnostics);
    assert_eq!(names(TWO), ["Pod/a", "Job/b-1"]);
    assert_eq!(&TWO[found[0].from..found[0].to], &TWO[..TWO.find("---").unwrap_or(0)]);
    assert!(!found[0].ok && !found[1].ok, "a Pod without containers, and a bracket that is open");
    let list =
        "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  metadata: {name: x}\n- kind: Pod\n  metadata: {name: y}\n";
    assert_eq!(names(list), ["Pod/x", "Pod/y"]);
    assert_eq!(names(&apply_edits(list, &remove_object(&Schema::new(), list, 0))), ["Pod/y"]);
    assert_eq!(names("---\n# nothing\n---\n"), Vec::<String>::new());
}

#[test]
fn an_object_is_removed_with_its_comments_and_one_separator() {
    let schema = Schema::new();
    let first = apply_edits(TWO, &remove_object(&schema, TWO, 0));
    assert!(first.starts_with("# the second\nkind: Job"), "{first}");
    let second = apply_edits(TWO, &remove_object(&schema, TWO, 1));
    assert_eq!(second, TWO[..TWO.find("---").unwrap_or(0)]);
    assert!(remove_object(&schema, TWO, 7).is_empty());
}

#[test]
fn a_copy_stands_behind_its_original_under_a_free_name() {
    let schema = Schema::new();
    let copied = apply_edits(TWO, &duplicate_object(&schema, TWO, 0));
    assert_eq!(names(&copied), ["Pod/a", "Pod/a-2", "Job/b-1"]);
    assert_eq!(copied.matches("# the first").count(), 2, "comments go along: {copied}");
    assert_eq!(
        names(&apply_edits(&copied, &duplicate_object(&schema, &copied, 0))),
        ["Pod/a", "Pod/a-3", "Pod/a-2", "Job/b-1"]
    );
    assert_eq!(names(&apply_edits(TWO, &duplicate_object(&schema, TWO, 1)))[2], "Job/b-2");
}

#[test]
fn objects_are_added_behind_one_or_at_the_end() {
    let schema = Schema::new();
    let pod = TEMPLATES.iter().find(|t| t.id == "pod").expect("a template").text;
    for (text, after, expected) in [
        ("", None, vec!["Pod/pod"]),
        ("\n\n", None, vec!["Pod/pod"]),
        ("kind: Job\nmetadata: {name: j}", None, vec!["Job/j", "Pod/pod"]),
        ("kind: Job\nmetadata: {name: j}\n---\n", None, vec!["Job/j", "Pod/pod"]),
        (
            "kind: Job\nmetadata: {name: j}\n---\nkind: Node\nmetadata: {name: n}\n",
            Some(0),
            vec!["Job/j", "Pod/pod", "Node/n"],
        ),
        (
            "kind: Job\nmetadata: {name: j}\n---\nkind: Node\nmetadata: {name: n}\n",
            Some(1),
            vec!["Job/j", "Node/n", "Pod/pod"],
        ),
    ] {
        let added = apply_edits(text, &insert_object(&schema, text, after, pod));
        assert_eq!(names(&added), expected, "{text:?} => {added:?}");
    }
}

#[test]
fn every_template_loads_without_a_remark_and_runs() {
    assert!(TEMPLATES.len() >= 12);
    for template in TEMPLATES {
        let loaded = load(template.text, &LoadOptions::default());
        let serious: Vec<_> = loaded.diagnostics.iter().collect();
        assert!(serious.is_empty(), "{}: {serious:?}", template.id);
        assert_eq!(names(template.text).len(), 1, "{}", template.id);
        assert!(names(template.text)[0].starts_with(template.kind), "{}", template.id);
        let (_, refused) = scenario::load(template.text).timeline();
        assert!(refused.is_empty(), "{}: {refused:?}", template.id);
        assert!(!template.title.0.is_empty() && !template.title.1.is_empty() && !template.about.1.is_empty());
    }
}

#[test]
fn schedules_are_told_in_words_with_their_next_runs_and_pitfalls() {
    let cron_job = |schedule: &str, rest: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: c}}\nspec:\n  schedule: {schedule} # when\n{rest}"
        )
    };
    let now = SimTime::parse("2026-01-05T09:00:00Z").expect("a time");
    let note = |text: &str| schedule_notes(&Schema::new(), text, now).remove(0);
    let text = cron_job("'*/45 * * * *'", "");
    let uneven = note(&text);
    assert_eq!(&text[uneven.span.0..uneven.span.1], "'*/45 * * * *'");
    assert_eq!((uneven.next.len(), uneven.next[0].to_string().as_str()), (5, "2026-01-05T09:45:00Z"));
    assert!(uneven.pitfalls.iter().any(|(en, ko)| en.contains("45") && !ko.is_empty()), "{:?}", uneven.pitfalls);
    let seoul = note(&cron_job("0 9 * * 1-5", "  timeZone: Asia/Seoul\n"));
    assert_eq!(seoul.words.0, "at 09:00, Monday to Friday");
    assert_eq!(
        (seoul.next[0].to_string().as_str(), seoul.local[0].as_str()),
        ("2026-01-06T00:00:00Z", "2026-01-06T09:00:00+09:00")
    );
    let never = note(&cron_job("0 0 31 2 *", ""));
    assert!(never.next.is_empty() && !never.pitfalls.is_empty());
    let wrong = note(&cron_job("0 9 * * 7", ""));
    assert!(wrong.words.0.is_empty() && wrong.error.is_some() && !wrong.pitfalls.is_empty());
    let broken = schedule_notes(&Schema::new(), &cron_job("'@daily'", "  jobTemplate: [\n"), now);
    assert_eq!(broken[0].words.0, note(&cron_job("'0 0 * * *'", "")).words.0, "also in a text that does not parse");
}
