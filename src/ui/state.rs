//! The page's state, the actions that change it, and the one function that does.
//!
//! Pure: no browser in here, so it is tested natively. What an action asks of the outside (the simulation, the browser)
//! comes back as [`Effect`]s. What changes with every frame is not here but in the engine.

use crate::i18n::Lang;
use crate::time::{SimDuration, SimTime};
use crate::world::ObjectRef;
use std::rc::Rc;

/// Speeds: simulated seconds for each real one.
pub const SPEEDS: [u32; 6] = [1, 10, 60, 600, 3_600, 86_400];
/// The speed at first, as an index.
pub const FIRST_SPEED: usize = 1;
/// The scale of the timeline at first, in pixels a second.
pub const FIRST_SCALE: f64 = 1.6;
/// The finest and the coarsest scale: seconds as wide as a thumb, a week on a screen.
pub const SCALES: (f64, f64) = (40.0, 0.0016);
/// The longest text that is kept in the browser's storage, in bytes.
pub const MAX_STORED_TEXT_BYTES: usize = 2 * 1024 * 1024;

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    /// The name in style sheets and in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Theme::Dark => "dark",
            Theme::Light => "light",
        }
    }

    /// The other one.
    pub const fn other(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    }
}

/// A tab of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Why it is where it is, and what comes next.
    #[default]
    Why,
    /// What its containers said.
    Logs,
    /// Its Events.
    Events,
    /// The object as the API prints it.
    Yaml,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 4] = [Tab::Why, Tab::Logs, Tab::Events, Tab::Yaml];
}

/// What the panel at the bottom shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bottom {
    /// The timeline.
    #[default]
    Timeline,
    /// All Events.
    Events,
}

/// Something that is wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// From where to where, in UTF-16 code units from the start of the text.
    pub span: (usize, usize),
    /// Whether it keeps the text from being applied.
    pub error: bool,
    /// What it is.
    pub message: String,
}

/// How the text in the editor relates to the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// The cluster runs what the text says.
    #[default]
    Applied,
    /// It was changed a moment ago.
    Typing,
    /// It has errors; the cluster runs the last valid text.
    Broken,
}

/// A message in passing, such as what the cluster answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether it reports a failure.
    pub error: bool,
    /// Rises with each notice, so that equal ones are told apart.
    pub number: u32,
}

/// An open menu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Menu {
    /// What it acts on; `None` is the cluster.
    pub object: Option<ObjectRef>,
    /// Where, in pixels from the window's top left.
    pub at: (i32, i32),
}

/// The state of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The language.
    pub lang: Lang,
    /// Dark or light.
    pub theme: Theme,
    /// Whether time runs.
    pub playing: bool,
    /// The speed, as an index of [`SPEEDS`].
    pub speed: usize,
    /// What the inspector shows.
    pub selected: Option<ObjectRef>,
    /// The inspector's tab.
    pub tab: Tab,
    /// What is at the bottom.
    pub bottom: Bottom,
    /// The text in the editor.
    pub text: Rc<str>,
    /// What is wrong with it.
    pub problems: Rc<Vec<Problem>>,
    /// How it relates to the cluster.
    pub standing: Standing,
    /// The timeline's scale, in pixels a second.
    pub scale: f64,
    /// The timeline's left edge; `None` follows the present.
    pub pan: Option<SimTime>,
    /// An open menu.
    pub menu: Option<Menu>,
    /// Whether the keyboard help is open.
    pub help: bool,
    /// The scenario that was loaded last.
    pub scenario: Option<Rc<str>>,
    /// A message in passing.
    pub notice: Option<Notice>,
}

/// What happened to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start or stop time.
    TogglePlay,
    /// Stop time.
    Pause,
    /// Choose a speed by its index.
    Speed(usize),
    /// One speed up or down.
    Faster(bool),
    /// Go to the start.
    Rewind,
    /// Go to the next (true) or the last moment at which something happens.
    StepEvent(bool),
    /// Go to a moment.
    Seek(SimTime),
    /// Select an object, or nothing.
    Select(Option<ObjectRef>),
    /// Show a tab of the inspector.
    ShowTab(Tab),
    /// Show something at the bottom.
    ShowBottom(Bottom),
    /// The text was edited.
    Edit(Rc<str>),
    /// The text was checked a moment after the last edit.
    Checked(Rc<Vec<Problem>>),
    /// Make the timeline finer (true) or coarser, around the middle.
    Zoom(bool),
    /// Show the timeline from a moment on; `None` follows the present.
    Pan(Option<SimTime>),
    /// Open a menu.
    OpenMenu(Menu),
    /// Close whatever lies over the page.
    Close,
    /// Show or hide the keyboard help.
    ToggleHelp,
    /// Use a language.
    Language(Lang),
    /// Use the other theme.
    ToggleTheme,
    /// Do something to the cluster, in the words of its command language.
    Command(String),
    /// Fetch a scenario.
    Fetch(Rc<str>),
    /// A scenario has arrived (name, text).
    Arrived(Rc<str>, Rc<str>),
    /// Begin anew with the text in the editor.
    Restart,
    /// Say something in passing.
    Say(String, bool),
    /// The notice of that number has been seen.
    Forget(u32),
}

/// What an action asks of the outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Go to the start.
    Rewind,
    /// Go to the next or the last moment at which something happens.
    StepEvent(bool),
    /// Go to a moment.
    Seek(SimTime),
    /// Check the text, and apply it when it is valid, once the typing pauses.
    CheckSoon,
    /// Begin anew with the text.
    Load,
    /// Carry out a command.
    Command(String),
    /// Keep text and preferences.
    Keep,
    /// Put the text into the editor.
    ShowText,
    /// Put theme and language on the document.
    Dress,
    /// Fetch a scenario.
    Fetch(Rc<str>),
    /// Forget this notice after a while.
    ForgetLater(u32),
}

impl State {
    /// The state of a page that opens with this text.
    pub fn new(text: &str, lang: Lang, theme: Theme) -> State {
        State {
            lang,
            theme,
            playing: true,
            speed: FIRST_SPEED,
            selected: None,
            tab: Tab::default(),
            bottom: Bottom::default(),
            text: Rc::from(text),
            problems: Rc::default(),
            standing: Standing::default(),
            scale: FIRST_SCALE,
            pan: None,
            menu: None,
            help: false,
            scenario: None,
            notice: None,
        }
    }

    /// Simulated time for each real millisecond.
    pub fn pace(&self) -> SimDuration {
        SimDuration::from_millis(i64::from(SPEEDS.get(self.speed).copied().unwrap_or(1)))
    }

    /// Takes an action, and answers what it asks of the outside.
    pub fn reduce(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::TogglePlay => self.playing = !self.playing,
            Action::Pause => self.playing = false,
            Action::Speed(speed) => self.speed = speed.min(SPEEDS.len() - 1),
            Action::Faster(up) => {
                self.speed = if up { (self.speed + 1).min(SPEEDS.len() - 1) } else { self.speed.saturating_sub(1) };
            }
            Action::Rewind => {
                self.pan = None;
                return vec![Effect::Rewind];
            }
            Action::StepEvent(forward) => {
                self.playing = false;
                self.pan = None;
                return vec![Effect::StepEvent(forward)];
            }
            Action::Seek(to) => return vec![Effect::Seek(to)],
            Action::Select(object) => {
                self.selected = object;
                self.menu = None;
            }
            Action::ShowTab(tab) => self.tab = tab,
            Action::ShowBottom(bottom) => self.bottom = bottom,
            Action::Zoom(finer) => {
                let factor = if finer { 1.5 } else { 1.0 / 1.5 };
                self.scale = (self.scale * factor).clamp(SCALES.1, SCALES.0);
            }
            Action::Pan(to) => self.pan = to,
            Action::OpenMenu(menu) => self.menu = Some(menu),
            Action::Close => {
                self.menu = None;
                self.help = false;
            }
            Action::ToggleHelp => self.help = !self.help,
            Action::Language(lang) => {
                self.lang = lang;
                return vec![Effect::Dress, Effect::Keep];
            }
            Action::ToggleTheme => {
                self.theme = self.theme.other();
                return vec![Effect::Dress, Effect::Keep];
            }
            Action::Command(line) => {
                self.menu = None;
                return vec![Effect::Command(line)];
            }
            Action::Fetch(name) => return vec![Effect::Fetch(name)],
            other => return self.reduce_text(other),
        }
        Vec::new()
    }

    /// The actions around the text and the notices.
    fn reduce_text(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Edit(text) if text != self.text => {
                self.text = text;
                self.scenario = None;
                self.standing = Standing::Typing;
                vec![Effect::Keep, Effect::CheckSoon]
            }
            Action::Checked(problems) => {
                let broken = problems.iter().any(|problem| problem.error);
                self.standing = if broken { Standing::Broken } else { Standing::Applied };
                self.problems = problems;
                Vec::new()
            }
            Action::Arrived(name, text) => {
                self.scenario = Some(name);
                self.text = text;
                self.begin_anew();
                vec![Effect::ShowText, Effect::Load, Effect::Keep]
            }
            Action::Restart => {
                self.begin_anew();
                vec![Effect::Load]
            }
            Action::Say(text, error) => {
                let number = self.notice.as_ref().map_or(0, |notice| notice.number) + 1;
                self.notice = Some(Notice { text, error, number });
                vec![Effect::ForgetLater(number)]
            }
            Action::Forget(number) => {
                if self.notice.as_ref().is_some_and(|notice| notice.number == number) {
                    self.notice = None;
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn begin_anew(&mut self) {
        self.selected = None;
        self.menu = None;
        self.pan = None;
        self.playing = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new("kind: Pod", Lang::En, Theme::Dark)
    }

    #[test]
    fn an_edit_is_kept_and_checked_and_an_equal_text_is_no_edit() {
        let mut state = state();
        assert_eq!(state.reduce(Action::Edit("kind: Job".into())), [Effect::Keep, Effect::CheckSoon]);
        assert_eq!(state.standing, Standing::Typing);
        assert_eq!(state.reduce(Action::Edit("kind: Job".into())), []);
    }

    #[test]
    fn an_error_leaves_the_text_unapplied_and_a_warning_does_not() {
        let problem = |error| Problem { line: 1, column: 1, span: (0, 1), error, message: String::new() };
        let mut state = state();
        state.reduce(Action::Checked(Rc::new(vec![problem(false), problem(true)])));
        assert_eq!(state.standing, Standing::Broken);
        state.reduce(Action::Checked(Rc::new(vec![problem(false)])));
        assert_eq!(state.standing, Standing::Applied);
    }

    #[test]
    fn stepping_stops_time_and_comes_back_to_the_present() {
        let mut state = state();
        state.pan = Some(SimTime::default());
        assert_eq!(state.reduce(Action::StepEvent(true)), [Effect::StepEvent(true)]);
        assert!(!state.playing && state.pan.is_none());
    }

    #[test]
    fn speeds_and_scales_stay_within_their_bounds() {
        let mut state = state();
        (0..20).for_each(|_| drop(state.reduce(Action::Faster(true))));
        assert_eq!(state.speed, SPEEDS.len() - 1);
        (0..99).for_each(|_| drop(state.reduce(Action::Zoom(true))));
        assert!((state.scale - SCALES.0).abs() < 1e-9);
        state.reduce(Action::Speed(99));
        assert_eq!(state.speed, SPEEDS.len() - 1);
    }

    #[test]
    fn only_the_notice_that_is_shown_is_forgotten() {
        let mut state = state();
        state.reduce(Action::Say("one".into(), false));
        state.reduce(Action::Say("two".into(), true));
        state.reduce(Action::Forget(1));
        assert_eq!(state.notice.as_ref().map(|n| n.text.as_str()), Some("two"));
        state.reduce(Action::Forget(2));
        assert_eq!(state.notice, None);
    }

    #[test]
    fn a_scenario_that_arrives_replaces_the_text_and_starts() {
        let mut state = state();
        state.playing = false;
        let effects = state.reduce(Action::Arrived("node-dies".into(), "kind: Node".into()));
        assert_eq!(effects, [Effect::ShowText, Effect::Load, Effect::Keep]);
        assert!(state.playing && &*state.text == "kind: Node");
    }
}
