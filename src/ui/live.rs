//! What changes with every frame: written straight into the document, past the virtual one.
//!
//! An element asks for it by attributes. `data-live` says what: `bar` (fills from `data-from` to `data-to`), `rest` (the
//! time left to `data-to`), `age` (the time since `data-from`), `clock`, `offset` (time since the start). Times are
//! milliseconds since the start. The timeline's layers are shifted here as well.

use super::browser::{document, style};
use crate::time::{SimDuration, SimTime};
use crate::view::names::{countdown, span};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Live elements that are kept up to date, in elements.
const MAX_LIVE_ELEMENTS: u32 = 4_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Bar,
    Rest,
    Age,
    Clock,
    Offset,
}

struct LiveElement {
    element: HtmlElement,
    what: What,
    from: SimDuration,
    to: SimDuration,
    written: String,
}

/// The live elements of the page as it was last rendered.
#[derive(Default)]
pub struct Live {
    elements: Vec<LiveElement>,
    scrolled: Vec<HtmlElement>,
    past: Option<HtmlElement>,
    future: Option<HtmlElement>,
    now: Option<HtmlElement>,
}

/// What is to be shown.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The present.
    pub now: SimTime,
    /// When time began.
    pub start: SimTime,
    /// The present's place on the plot, in pixels.
    pub now_x: f64,
    /// How far the plot's layers are shifted to the left, in pixels.
    pub scroll: f64,
}

fn find(selector: &str) -> Option<HtmlElement> {
    document()?.query_selector(selector).ok()??.dyn_into().ok()
}

fn find_all(selector: &str) -> Vec<HtmlElement> {
    let Some(found) = document().and_then(|document| document.query_selector_all(selector).ok()) else {
        return Vec::new();
    };
    (0..found.length().min(MAX_LIVE_ELEMENTS)).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

fn millis(element: &Element, attribute: &str) -> SimDuration {
    let text = element.get_attribute(attribute);
    SimDuration::from_millis(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

impl Live {
    /// Looks for live elements; to be called after each rendering.
    pub fn collect(&mut self) {
        self.elements = find_all("[data-live]")
            .into_iter()
            .filter_map(|element| {
                let what = match element.get_attribute("data-live")?.as_str() {
                    "bar" => What::Bar,
                    "rest" => What::Rest,
                    "age" => What::Age,
                    "clock" => What::Clock,
                    _ => What::Offset,
                };
                let (from, to) = (millis(&element, "data-from"), millis(&element, "data-to"));
                Some(LiveElement { element, what, from, to, written: String::new() })
            })
            .collect();
        self.scrolled = find_all(".plot-scroll");
        self.past = find(".plot-past");
        self.future = find(".plot-future");
        self.now = find(".plot-now");
    }

    /// Shows a moment.
    pub fn write(&mut self, moment: Moment) {
        let since_start = moment.now - moment.start;
        for live in &mut self.elements {
            let text = match live.what {
                What::Bar => {
                    let (whole, done) = ((live.to - live.from).nanos().max(1), (since_start - live.from).nanos());
                    format!("scaleX({:.3})", (done as f64 / whole as f64).clamp(0.0, 1.0))
                }
                What::Rest => countdown(live.to - since_start),
                What::Age => span(since_start - live.from),
                What::Clock => moment.now.clock_text(),
                What::Offset => format!("+{}", span(since_start)),
            };
            if text == live.written {
                continue;
            }
            if live.what == What::Bar {
                style(&live.element, "transform", &text);
            } else {
                live.element.set_text_content(Some(&text));
            }
            live.written = text;
        }
        let shift = format!("translateX({:.1}px)", -moment.scroll);
        self.scrolled.iter().for_each(|layer| style(layer, "transform", &shift));
        let x = moment.now_x;
        if let Some(past) = &self.past {
            style(past, "clip-path", &format!("inset(0 calc(100% - {x:.1}px) 0 0)"));
        }
        if let Some(future) = &self.future {
            style(future, "clip-path", &format!("inset(0 0 0 {:.1}px)", x.max(0.0)));
        }
        if let Some(now) = &self.now {
            style(now, "transform", &format!("translateX({x:.1}px)"));
        }
    }
}
