//! What every component needs: the language, and where to send actions. And how elements name objects.

use super::state::Action;
use crate::api::Kind;
use crate::i18n::Lang;
use crate::time::SimTime;
use crate::world::ObjectRef;
use yew::prelude::*;

/// The context of all components.
#[derive(Clone, PartialEq)]
pub struct Page {
    /// The language.
    pub lang: Lang,
    /// When time began.
    pub start: SimTime,
    /// Takes actions.
    pub send: Callback<Action>,
}

impl Page {
    /// A handler that sends an action.
    pub fn on<E>(&self, action: Action) -> Callback<E> {
        let send = self.send.clone();
        Callback::from(move |_| send.emit(action.clone()))
    }

    /// A moment as live elements have it: milliseconds since the start.
    pub fn millis(&self, at: SimTime) -> String {
        (at - self.start).millis().to_string()
    }
}

/// The context.
#[hook]
pub fn use_page() -> Page {
    let nowhere = || Page { lang: Lang::default(), start: SimTime::default(), send: Callback::noop() };
    use_context::<Page>().unwrap_or_else(nowhere)
}

/// How the attribute `data-object` names an object.
pub fn object_key(object: ObjectRef) -> String {
    format!("{}.{}.{}", object.serial, object.slot, object.kind as u8)
}

/// The object that a `data-object` names.
pub fn parse_object(text: &str) -> Option<ObjectRef> {
    let mut parts = text.split('.');
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (serial, slot, kind) = (number()?, number()?, number()?);
    Kind::ALL.get(kind as usize).map(|kind| ObjectRef { serial, slot, kind: *kind })
}
