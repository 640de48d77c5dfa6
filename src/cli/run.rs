//! `orrery run FILE... [--for 10m] [--seed N] [-o timeline|trace|events]`.

use super::story::Story;
use super::trace::{self, Tracer};
use super::{Files, Outcome};
use crate::kubectl::words::Words;
use crate::manifest::{Diagnostic, Severity};
use crate::scenario::{self, Scenario};
use crate::sim::machines;
use crate::sim::{Listener, Order, Recorded, Run, Sim};
use crate::time::SimDuration;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How the command is called.
pub const USAGE: &str = "orrery run FILE... [--for 10m] [--seed N] [-o timeline|trace|events]";
/// The most steps of one run; a longer one says so.
pub const MAX_RUN_STEPS: u64 = 500_000_000;

/// Runs the command.
pub fn run_command(args: &[String], files: &dyn Files) -> Outcome {
    let words = match Words::sort(args, &[], &["for", "seed", "output"]) {
        Ok(words) if !words.operands.is_empty() => words,
        Ok(_) => return Outcome::bad_input(format!("no file\nusage:\n  {USAGE}")),
        Err(error) => return Outcome::bad_input(format!("{}\nusage:\n  {USAGE}", error.trim_start_matches("error: "))),
    };
    let output = words.option("output").unwrap_or("timeline").to_string();
    if !["timeline", "trace", "events"].contains(&output.as_str()) {
        return Outcome::bad_input(format!("-o {output}: known are timeline, trace, events"));
    }
    let mut loaded = match read(&words.operands, files) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    if let Some(text) = words.option("for") {
        match SimDuration::parse(text).filter(|span| *span >= SimDuration::ZERO) {
            Some(duration) => loaded.scenario.duration = duration,
            None => return Outcome::bad_input(format!("--for {text}: not a duration such as 90s, 10m or 24h")),
        }
    }
    if let Some(text) = words.option("seed") {
        match text.parse() {
            Ok(seed) => loaded.scenario.settings.seed = seed,
            Err(_) => return Outcome::bad_input(format!("--seed {text}: not a whole number")),
        }
    }
    play(&loaded, &output)
}

struct Loaded {
    scenario: Scenario,
    warnings: String,
}

/// Reads all files as one stream; what is refused names its file, line and column.
fn read(names: &[String], files: &dyn Files) -> Result<Loaded, Outcome> {
    let mut whole = String::new();
    let mut starts = Vec::new();
    for name in names {
        let text = files.read(name).map_err(|error| Outcome::bad_input(format!("{name}: {error}")))?;
        starts.push((whole.matches('\n').count() as u32, name));
        whole.push_str(&text);
        whole.push_str("\n---\n");
    }
    let place = |diagnostic: &Diagnostic| {
        let line = diagnostic.span.line;
        let (start, name) = starts.iter().rev().find(|(start, _)| *start < line).unwrap_or(&starts[0]);
        let hint = diagnostic.hint.as_ref().map_or(String::new(), |hint| format!("\n    {hint}"));
        let object = if diagnostic.object.is_empty() { String::new() } else { format!("{}: ", diagnostic.object) };
        let severity = diagnostic.severity.as_str();
        let (line, column) = (line.saturating_sub(*start), diagnostic.span.column);
        format!("{name}:{line}:{column}: {severity}: {object}{}{hint}\n", diagnostic.message)
    };
    let scenario = scenario::load(&whole);
    let of = |severity: Severity| {
        scenario.diagnostics.iter().filter(|d| d.severity == severity).map(place).collect::<String>()
    };
    let errors = of(Severity::Error);
    if !errors.is_empty() {
        return Err(Outcome { stderr: errors, code: 2, ..Outcome::default() });
    }
    if scenario.objects.is_empty() && scenario.steps.is_empty() {
        return Err(Outcome::bad_input(format!("{}: no object to apply", names.join(", "))));
    }
    let warnings = of(Severity::Warning);
    Ok(Loaded { scenario, warnings })
}

/// The scenario as a run with nothing carried out yet, so that a listener hears everything.
fn unplayed(scenario: &Scenario) -> Run {
    let sim = Sim::new(scenario.start, scenario.settings);
    let mut inputs = Vec::new();
    let mut push = |at, order| inputs.push(Recorded { at, order });
    for order in scenario.start_orders() {
        push(scenario.start, order);
    }
    let mut steps: Vec<_> = scenario.steps.iter().collect();
    steps.sort_by_key(|step| step.at);
    for step in steps {
        push(scenario.start + step.at, step.order.clone());
    }
    Run { sim, inputs: Arc::new(inputs), done: 0 }
}

fn play(loaded: &Loaded, output: &str) -> Outcome {
    let scenario = &loaded.scenario;
    let mut run = unplayed(scenario);
    let end = scenario.start + scenario.duration;
    let mut refused = String::new();
    let mut answered = |input: &Recorded, answers: &[Result<String, String>]| {
        for answer in answers {
            if let Err(error) = answer {
                refused.push_str(&format!("+{}: {error}\n", input.at - scenario.start));
            }
        }
    };
    let mut tracer = Tracer::new(scenario.start, false);
    let mut story = Story::new(scenario.start, output == "events");
    let listener: &mut dyn Listener = if output == "trace" { &mut tracer } else { &mut story };
    let progress = run.play_with(end, MAX_RUN_STEPS, listener, &mut answered);
    let stdout = match output {
        "trace" => trace::to_text(&tracer.finish(head(scenario))),
        _ => story.text(),
    };
    let mut stderr = format!("{}{refused}", loaded.warnings);
    if !progress.reached {
        stderr.push_str(&format!("stopped at {} after {MAX_RUN_STEPS} steps\n", run.sim.state.now));
    }
    let code = if progress.reached { 0 } else { 1 };
    Outcome { stdout, stderr, code }
}

fn head(scenario: &Scenario) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("scenario".into(), json!(scenario.name));
    let title = scenario.titles.iter().find(|(language, _)| language == "en").map_or("", |(_, title)| title);
    head.insert("title".into(), json!(title));
    head.insert("cluster".into(), json!({"kubernetes": format!("{} (simulated)", machines::KUBELET_VERSION)}));
    head.insert("duration".into(), json!(scenario.duration.millis() as f64 / 1_000.0));
    head.insert("namespaces".into(), json!(["default"]));
    let names = scenario.nodes.iter().filter_map(|node| node.pointer("/metadata/name").cloned());
    head.insert("nodes".into(), Value::Array(names.collect()));
    let actions = scenario.start_orders().into_iter().map(|order| (SimDuration::ZERO, order));
    let steps = scenario.steps.iter().map(|step| (step.at, step.order.clone()));
    let actions = actions.chain(steps).flat_map(|(at, order)| action(at, &order));
    head.insert("actions".into(), Value::Array(actions.collect()));
    head
}

fn action(at: SimDuration, order: &Order) -> Vec<Value> {
    let t = json!(at.millis() as f64 / 1_000.0);
    match order {
        Order::Apply { objects, .. } | Order::Create(objects) => objects
            .iter()
            .map(|object| {
                let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("");
                let title = format!("{}/{name}", object["kind"].as_str().unwrap_or(""));
                json!({"t": t, "action": "create", "object": title, "manifest": object})
            })
            .collect(),
        other => vec![json!({"t": t, "action": format!("{other:?}")})],
    }
}
