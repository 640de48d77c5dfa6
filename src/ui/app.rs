//! The page as a whole: state and engine, and the loop between them.

use super::browser::{self, clock_ms};
use super::editor_pane::EditorSlot;
use super::engine::{Engine, MAX_CATCH_UP_MS, Picture, Sizes};
use super::keys;
use super::live::{Live, Moment};
use super::page::parse_object;
use super::shell;
use super::state::{Action, Bottom, Effect, Menu, State, Tab};
use super::text::Reading;
use crate::kubectl;
use crate::scenario::Scenario;
use crate::time::SimDuration;
use crate::view::deeds::{Deed, deeds};
use crate::view::detail::{self, Detail, EventLine, Source};
use crate::view::layout::Space;
use crate::view::narrate::{Told, narrate};
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use web_sys::Element;
use yew::prelude::*;

/// The text that a new page opens with.
pub const FIRST_TEXT: &str = include_str!("../../static/scenarios/article.yaml");
/// What of a frame the simulation may take, in milliseconds.
const FRAME_BUDGET_MS: f64 = 6.0;
/// A frame that comes later than this finds a page that was hidden.
const HIDDEN_MS: f64 = 1_000.0;
/// How long a page that comes back makes up for lost time, in real milliseconds.
const MAX_CATCHING_UP_MS: f64 = 4_000.0;
/// Real milliseconds between two renderings, by speed: what is written at 60 Hz needs none.
const DRAW_EVERY_MS: [f64; 6] = [30.0, 40.0, 60.0, 80.0, 100.0, 100.0];
/// Real milliseconds between two sentences: a person has to read them.
const SENTENCE_EVERY_MS: f64 = 1_600.0;
/// The pause in typing after which the text is checked.
const CHECK_AFTER_MS: f64 = 250.0;
/// How long a notice stays.
const NOTICE_MS: f64 = 6_000.0;
/// Events that are listed.
const MAX_EVENTS_LISTED: usize = 200;

/// What reaches the page.
pub enum Msg {
    /// A frame begins, at this moment of the browser's clock.
    Frame(f64),
    /// Something the user did.
    Act(Action),
    /// The stage has this size.
    StageSized(Space),
    /// The timeline's plot has this width.
    PlotSized(i32),
    /// The playhead is dragged to this place of the plot.
    Scrub(f64),
    /// The wheel was turned over the plot: pixels to shift, steps to zoom.
    Wheel(f64, f64),
    /// A click somewhere.
    Click(MouseEvent),
    /// A click with the other button.
    Context(MouseEvent),
    /// A key.
    Key(KeyboardEvent),
}

/// The page.
pub struct App {
    pub(super) state: State,
    pub(super) picture: Option<Picture>,
    pub(super) detail: Option<Rc<Detail>>,
    pub(super) deeds: Rc<Vec<Deed>>,
    pub(super) menu_deeds: Rc<Vec<Deed>>,
    pub(super) events: Rc<Vec<EventLine>>,
    pub(super) logs: Rc<Vec<String>>,
    pub(super) narration: AttrValue,
    pub(super) slot: EditorSlot,
    engine: Engine,
    applied: Scenario,
    sizes: Sizes,
    live: Live,
    last_frame: f64,
    drawn_at: f64,
    drawn_revision: u64,
    catching_up: Option<f64>,
    told: Told,
    narrated_at: f64,
    check_at: Option<f64>,
    forget: Option<(f64, u32)>,
    _frames: Closure<dyn FnMut(f64)>,
    _keys: Closure<dyn FnMut(KeyboardEvent)>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<App>) -> App {
        let kept = browser::kept_text();
        let state = State::new(kept.as_deref().unwrap_or(FIRST_TEXT), browser::language(), browser::theme());
        let state = State { scenario: kept.is_none().then(|| Rc::from("article")), ..state };
        browser::dress(&state);
        let reading = Reading::of(&state.text, state.lang);
        let link = ctx.link().clone();
        let frames = Closure::<dyn FnMut(f64)>::new(move |at| link.send_message(Msg::Frame(at)));
        browser::every_frame(&frames);
        let link = ctx.link().clone();
        let keys = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event| link.send_message(Msg::Key(event)));
        browser::every_key(&keys);
        let mut app = App {
            engine: Engine::new(reading.begin().0),
            applied: reading.scenario.clone(),
            narration: AttrValue::from(""),
            state,
            picture: None,
            detail: None,
            deeds: Rc::default(),
            menu_deeds: Rc::default(),
            events: Rc::default(),
            logs: Rc::default(),
            slot: EditorSlot::default(),
            sizes: Sizes { stage: Space { width: 0, height: 0 }, plot: 0 },
            live: Live::default(),
            last_frame: clock_ms(),
            drawn_at: 0.0,
            drawn_revision: 0,
            catching_up: None,
            told: Told::default(),
            narrated_at: 0.0,
            check_at: None,
            forget: None,
            _frames: frames,
            _keys: keys,
        };
        app.state.reduce(Action::Checked(Rc::new(reading.problems)));
        app
    }

    fn update(&mut self, ctx: &Context<App>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(at) => return self.frame(at),
            Msg::Act(action) => self.act(ctx, action),
            Msg::StageSized(space) => self.sizes.stage = space,
            Msg::PlotSized(width) => self.sizes.plot = width,
            Msg::Scrub(x) => {
                let left = self.engine.left_edge(&self.state, self.sizes.plot);
                // The plot stays where it is under the hand.
                self.state.pan = Some(left);
                let to = left + SimDuration::from_nanos((x / self.state.scale * 1e9) as i64);
                self.act(ctx, Action::Pause);
                self.act(ctx, Action::Seek(to));
            }
            Msg::Wheel(shift, zoom) => {
                if zoom != 0.0 {
                    self.act(ctx, Action::Zoom(zoom < 0.0));
                } else {
                    let left = self.engine.left_edge(&self.state, self.sizes.plot);
                    let by = SimDuration::from_nanos((shift / self.state.scale * 1e9) as i64);
                    self.act(ctx, Action::Pan(Some(left + by)));
                }
            }
            Msg::Click(event) => match self.click(&event) {
                Some(action) => self.act(ctx, action),
                None => return false,
            },
            Msg::Context(event) => match self.context(&event) {
                Some(action) => self.act(ctx, action),
                None => return false,
            },
            Msg::Key(event) => match keys::action_of(&event, &self.state) {
                Some(action) => {
                    event.prevent_default();
                    self.act(ctx, action);
                }
                None => return false,
            },
        }
        self.draw();
        true
    }

    fn view(&self, ctx: &Context<App>) -> Html {
        shell::view(self, ctx)
    }

    fn rendered(&mut self, _ctx: &Context<App>, _first: bool) {
        self.live.collect();
        self.live.write(self.moment());
    }
}

impl App {
    /// Lets time pass and draws what has changed.
    fn frame(&mut self, at: f64) -> bool {
        let elapsed = (at - self.last_frame).clamp(0.0, MAX_CATCH_UP_MS);
        self.last_frame = at;
        let deadline = clock_ms() + FRAME_BUDGET_MS;
        let mut has_time = || clock_ms() < deadline;
        if self.state.playing {
            let pace = self.state.pace().nanos() as f64;
            if elapsed > HIDDEN_MS {
                self.catching_up = Some(at);
            }
            let span = SimDuration::from_nanos((pace * elapsed) as i64);
            let most = match self.catching_up {
                Some(since) if at - since < MAX_CATCHING_UP_MS => {
                    SimDuration::from_nanos((pace * MAX_CATCH_UP_MS) as i64)
                }
                _ => {
                    self.catching_up = None;
                    SimDuration::from_nanos((pace * 250.0) as i64)
                }
            };
            self.engine.pass(span, most, &mut has_time);
        }
        let window = self.engine.window(&self.state, self.sizes.plot);
        self.engine.look_ahead(window.to, &mut has_time);
        let checked = self.check_at.is_some_and(|due| at >= due);
        if checked {
            self.check();
        }
        let forgotten = self.forget.filter(|(due, _)| at >= *due);
        if let Some((_, number)) = forgotten {
            self.forget = None;
            self.state.reduce(Action::Forget(number));
        }
        let changed = self.drawn_revision != self.engine.revision()
            || self.picture.as_ref().is_none_or(|picture| picture.window != window);
        let due = at - self.drawn_at >= DRAW_EVERY_MS.get(self.state.speed).copied().unwrap_or(100.0);
        if checked || forgotten.is_some() || (changed && due) {
            self.drawn_at = at;
            self.draw();
            return true;
        }
        self.live.write(self.moment());
        false
    }

    /// Takes an action and does what it asks of the outside.
    fn act(&mut self, ctx: &Context<App>, action: Action) {
        for effect in self.state.reduce(action) {
            self.carry_out(ctx, effect);
        }
    }

    fn carry_out(&mut self, ctx: &Context<App>, effect: Effect) {
        match effect {
            Effect::Rewind => self.engine.rewind(),
            Effect::StepEvent(forward) => self.engine.step_event(forward),
            Effect::Seek(to) => self.engine.seek(to),
            Effect::CheckSoon => self.check_at = Some(clock_ms() + CHECK_AFTER_MS),
            Effect::Load => self.load(ctx),
            Effect::Command(line) => self.command(ctx, &line),
            Effect::Keep => {
                if !browser::keep(&self.state) {
                    let text = self.state.lang.too_large_to_keep().to_string();
                    self.act(ctx, Action::Say(text, true));
                }
            }
            Effect::ShowText => self.slot.with(|editor| editor.set_doc(&self.state.text)),
            Effect::Dress => {
                browser::dress(&self.state);
                let dark = self.state.theme == super::state::Theme::Dark;
                self.slot.with(|editor| editor.set_dark(dark));
            }
            Effect::Fetch(name) => self.fetch(ctx, name),
            Effect::ForgetLater(number) => self.forget = Some((clock_ms() + NOTICE_MS, number)),
        }
    }

    /// Checks the text and, when it is sound, lets the cluster follow it.
    fn check(&mut self) {
        self.check_at = None;
        let reading = Reading::of(&self.state.text, self.state.lang);
        if reading.is_sound() {
            let now = self.engine.timeline().now();
            for order in reading.orders_after(&self.applied, now) {
                self.engine.input(order);
            }
            self.applied = reading.scenario.clone();
        }
        self.state.reduce(Action::Checked(Rc::new(reading.problems)));
    }

    /// Begins anew with the text.
    fn load(&mut self, ctx: &Context<App>) {
        self.check_at = None;
        let reading = Reading::of(&self.state.text, self.state.lang);
        let (timeline, refused) = reading.begin();
        self.engine = Engine::new(timeline);
        self.applied = reading.scenario.clone();
        self.told = Told::default();
        self.narration = AttrValue::from("");
        self.drawn_revision = u64::MAX;
        self.act(ctx, Action::Checked(Rc::new(reading.problems)));
        if let Some(first) = refused.into_iter().next() {
            self.act(ctx, Action::Say(first, true));
        }
    }

    fn command(&mut self, ctx: &Context<App>, line: &str) {
        let answers = match kubectl::parse(line) {
            Ok(order) => self.engine.input(order),
            Err(error) => vec![Err(error)],
        };
        for answer in answers {
            let (text, error) = match answer {
                Ok(text) => (text, false),
                Err(text) => (text, true),
            };
            self.act(ctx, Action::Say(text, error));
        }
    }

    fn fetch(&mut self, ctx: &Context<App>, name: Rc<str>) {
        let (link, lang) = (ctx.link().clone(), self.state.lang);
        wasm_bindgen_futures::spawn_local(async move {
            let answer = browser::fetch_text(&format!("./scenarios/{name}.yaml")).await;
            let action = match answer.ok().and_then(|text| text.as_string()) {
                Some(text) => Action::Arrived(name, Rc::from(text)),
                None => Action::Say(lang.scenarios_unavailable().to_string(), true),
            };
            link.send_message(Msg::Act(action));
        });
    }

    /// Makes the picture that the next rendering shows.
    fn draw(&mut self) {
        self.drawn_revision = self.engine.revision();
        if self.sizes.stage.width == 0 {
            return;
        }
        let picture = self.engine.picture(&self.state, self.sizes);
        let timeline = self.engine.timeline();
        let (world, history) = (&timeline.state().world, timeline.history());
        let source = Source { world, history, fates: self.engine.fates(), now: timeline.now(), lang: self.state.lang };
        let (events, yaml) = (self.state.tab == Tab::Events, self.state.tab == Tab::Yaml);
        let detail = self.state.selected.map(|object| Rc::new(Detail::of(&source, object, events, yaml)));
        let kubelet = &timeline.state().actors.kubelet;
        let logs = match (self.state.tab, self.state.selected) {
            (Tab::Logs, Some(object)) => detail::logs(world, kubelet, object, timeline.now()),
            _ => Vec::new(),
        };
        let listed = match self.state.bottom {
            Bottom::Events => EventLine::newest(history, MAX_EVENTS_LISTED),
            Bottom::Timeline => Vec::new(),
        };
        let of = |object| Rc::new(deeds(world, &picture.scene, object));
        self.deeds = self.state.selected.map(|object| of(Some(object))).unwrap_or_default();
        self.menu_deeds = self.state.menu.map(|menu| of(menu.object)).unwrap_or_default();
        if self.last_frame - self.narrated_at >= SENTENCE_EVERY_MS
            && let Some(sentence) = narrate(history, world, &mut self.told, self.state.lang)
        {
            self.narration = AttrValue::from(sentence);
            self.narrated_at = self.last_frame;
        }
        self.logs = Rc::new(logs);
        self.detail = detail;
        self.events = Rc::new(listed);
        self.picture = Some(picture);
    }

    fn moment(&self) -> Moment {
        let timeline = self.engine.timeline();
        let (now, start) = (timeline.now(), timeline.start());
        let left = self.engine.left_edge(&self.state, self.sizes.plot);
        let seconds = |span: SimDuration| span.nanos() as f64 / 1e9;
        let now_x = seconds(now - left) * self.state.scale;
        let from = self.picture.as_ref().map_or(left, |picture| picture.window.from);
        Moment { now, start, now_x, scroll: seconds(left - from) * self.state.scale }
    }

    fn click(&self, event: &MouseEvent) -> Option<Action> {
        let target = event.target_dyn_into::<Element>()?;
        if let Some(opener) = target.closest("[data-menu]").ok().flatten() {
            let rect = opener.get_bounding_client_rect();
            let object = opener.get_attribute("data-menu").and_then(|key| parse_object(&key));
            return Some(Action::OpenMenu(Menu { object, at: (rect.left() as i32, rect.bottom() as i32 + 4) }));
        }
        let named = target.closest("[data-object]").ok().flatten()?;
        let object = named.get_attribute("data-object").and_then(|key| parse_object(&key))?;
        Some(Action::Select(Some(object)))
    }

    fn context(&self, event: &MouseEvent) -> Option<Action> {
        let target = event.target_dyn_into::<Element>()?;
        let named = target.closest("[data-object], [data-menu]").ok().flatten()?;
        let key = named.get_attribute("data-object").or_else(|| named.get_attribute("data-menu"))?;
        let object = parse_object(&key)?;
        event.prevent_default();
        Some(Action::OpenMenu(Menu { object: Some(object), at: (event.client_x(), event.client_y()) }))
    }
}
