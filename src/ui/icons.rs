//! Icons, drawn as strokes on a 16 by 16 grid in the colour of the text around them.

use yew::prelude::*;

/// An icon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Play,
    Pause,
    ToStart,
    StepBack,
    StepOn,
    Sun,
    Moon,
    Plus,
    Minus,
    Dots,
    Check,
    Cross,
    Follow,
    Keyboard,
    Restart,
    Held,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Icon::Play => "M5 3.2v9.6L12.6 8z",
            Icon::Pause => "M5 3.5v9M11 3.5v9",
            Icon::ToStart => "M3.5 3.5v9M12.5 3.8v8.4L6.2 8z",
            Icon::StepBack => "M10.8 3.8v8.4L4.6 8z",
            Icon::StepOn => "M5.2 3.8v8.4L11.4 8z",
            Icon::Sun => {
                "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1\
                 M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"
            }
            Icon::Moon => "M13 9.6A5.4 5.4 0 0 1 6.4 3 5.4 5.4 0 1 0 13 9.6z",
            Icon::Plus => "M8 3.2v9.6M3.2 8h9.6",
            Icon::Minus => "M3.2 8h9.6",
            Icon::Dots => "M3.4 8h.01M8 8h.01M12.6 8h.01",
            Icon::Check => "M3.2 8.4l3.2 3.2 6.4-7",
            Icon::Cross => "M4 4l8 8M12 4l-8 8",
            Icon::Follow => "M8 1.6v3M8 11.4v3M1.6 8h3M11.4 8h3M8 6.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2",
            Icon::Keyboard => "M1.8 4h12.4v8H1.8zM4.4 6.6h.01M6.8 6.6h.01M9.2 6.6h.01M11.6 6.6h.01M5 9.6h6",
            Icon::Restart => "M12.6 8a4.6 4.6 0 1 1-1.5-3.4M12.8 2.2v2.8H10",
            Icon::Held => "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4M4.2 11.8l7.6-7.6",
        }
    }

    const fn filled(self) -> bool {
        matches!(self, Icon::Play | Icon::ToStart | Icon::StepBack | Icon::StepOn)
    }
}

/// Draws an icon; what it means is said by the element around it.
pub fn icon(icon: Icon) -> Html {
    let class = if icon.filled() { "icon filled" } else { "icon" };
    html! { <svg {class} viewBox="0 0 16 16" aria-hidden="true"><path d={icon.path()} /></svg> }
}
