//! The frame of panels: what is where on the page.

use super::app::{App, Msg};
use super::editor_pane::EditorPane;
use super::events::Events;
use super::header::Header;
use super::inspector::Inspector;
use super::menu::MenuView;
use super::overlays::{Help, NoticeView};
use super::page::Page;
use super::stage::Stage;
use super::state::{Bottom, Theme};
use super::timeline::Timeline;
use super::transport::Transport;
use yew::prelude::*;

/// How long a Pod's flight takes at each speed, in milliseconds: movement must not fall behind the clock.
const FLIGHT_MS: [u32; 6] = [560, 420, 260, 150, 90, 60];

/// The whole page.
pub fn view(app: &App, ctx: &Context<App>) -> Html {
    let link = ctx.link();
    let state = &app.state;
    let start = app.picture.as_ref().map(|picture| picture.start).unwrap_or_default();
    let page = Page { lang: state.lang, start, send: link.callback(Msg::Act) };
    html! {
        <ContextProvider<Page> context={page}>
            <div class="app" onclick={link.callback(Msg::Click)} oncontextmenu={link.callback(Msg::Context)}>
                <Header theme={state.theme} scenario={state.scenario.clone()} />
                <EditorPane text={state.text.clone()} problems={state.problems.clone()} standing={state.standing}
                    dark={state.theme == Theme::Dark} slot={app.slot.clone()} />
                <main class="centre">
                    <Stage picture={app.picture.clone()} selected={state.selected}
                        flight={FLIGHT_MS.get(state.speed).copied().unwrap_or(60)} sized={link.callback(Msg::StageSized)} />
                </main>
                <Inspector detail={app.detail.clone()} deeds={app.deeds.clone()} tab={state.tab} logs={app.logs.clone()} />
                <Transport playing={state.playing} speed={state.speed} bottom={state.bottom}
                    events={app.picture.as_ref().map_or(0, |picture| picture.events)} narration={app.narration.clone()} />
                if state.bottom == Bottom::Timeline {
                    <Timeline picture={app.picture.clone()} selected={state.selected} following={state.pan.is_none()}
                        sized={link.callback(Msg::PlotSized)} scrub={link.callback(Msg::Scrub)}
                        wheel={link.callback(|(shift, zoom)| Msg::Wheel(shift, zoom))} />
                } else {
                    <Events events={app.events.clone()} />
                }
                if let Some(menu) = state.menu {
                    <MenuView {menu} deeds={app.menu_deeds.clone()} />
                }
                if state.help {
                    <Help />
                }
                <NoticeView notice={state.notice.clone()} />
            </div>
        </ContextProvider<Page>>
    }
}
