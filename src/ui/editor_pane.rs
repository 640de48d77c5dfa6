//! The editor: a plain field at once, CodeMirror in its place as soon as its module is there. What is typed in the field
//! meanwhile is not lost, and if the module never comes the field stays.

use super::browser::{EditorHandle, mark_problems, mount_editor};
use super::icons::{Icon, icon};
use super::page::use_page;
use super::state::{Action, Problem, Standing};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// Problems that are listed.
const MAX_LISTED_PROBLEMS: usize = 50;

/// The editor's handle, once it is there.
#[derive(Clone, Default)]
pub struct EditorSlot(Rc<RefCell<Option<EditorHandle>>>);

// All clones are the same slot.
impl PartialEq for EditorSlot {
    fn eq(&self, other: &EditorSlot) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl EditorSlot {
    /// Does something with the editor, if it is there.
    pub fn with(&self, act: impl FnOnce(&EditorHandle)) {
        if let Some(editor) = self.0.borrow().as_ref() {
            act(editor);
        }
    }

    fn is_filled(&self) -> bool {
        self.0.borrow().is_some()
    }
}

#[derive(Properties, PartialEq)]
pub struct EditorProps {
    pub text: Rc<str>,
    pub problems: Rc<Vec<Problem>>,
    pub standing: Standing,
    pub dark: bool,
    pub slot: EditorSlot,
}

/// The editor.
#[component]
pub fn EditorPane(props: &EditorProps) -> Html {
    let page = use_page();
    let lang = page.lang;
    let parent = use_node_ref();
    let here = use_state(|| props.slot.is_filled());
    use_arrival(props, &parent, &here);
    {
        let slot = props.slot.clone();
        use_effect_with((props.problems.clone(), *here), move |(problems, _)| {
            slot.with(|editor| mark_problems(editor, findings(problems)));
        });
    }
    let oninput = {
        let send = page.send.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target_dyn_into::<HtmlTextAreaElement>() {
                send.emit(Action::Edit(Rc::from(field.value())));
            }
        })
    };
    html! {
        <section class="editor" aria-label={lang.editor()}>
            <div class="editor-host">
                <div class="editor-code" ref={parent}></div>
                if !*here {
                    <textarea class="editor-field" spellcheck="false" autocapitalize="off" aria-label={lang.editor()}
                        value={props.text.to_string()} {oninput} />
                }
            </div>
            <Status problems={props.problems.clone()} standing={props.standing} slot={props.slot.clone()} />
        </section>
    }
}

/// Fetches the editor's module once the page stands, and puts the editor into `parent`.
#[hook]
fn use_arrival(props: &EditorProps, parent: &NodeRef, here: &UseStateHandle<bool>) {
    let page = use_page();
    let latest = use_mut_ref(|| props.text.clone());
    *latest.borrow_mut() = props.text.clone();
    let (slot, parent, here, dark) = (props.slot.clone(), parent.clone(), here.clone(), props.dark);
    use_effect_with((), move |()| {
        let send = page.send.clone();
        let changed =
            Rc::new(Closure::<dyn FnMut(String)>::new(move |text: String| send.emit(Action::Edit(Rc::from(text)))));
        let kept = changed.clone();
        let label = page.lang.editor();
        wasm_bindgen_futures::spawn_local(async move {
            let Some(parent) = parent.cast::<Element>() else { return };
            let doc = latest.borrow().to_string();
            if let Ok(editor) = mount_editor(&parent, &doc, label, dark, &kept).await {
                // What was typed into the plain field while the module was on its way.
                if *doc != **latest.borrow() {
                    editor.set_doc(&latest.borrow());
                }
                *slot.0.borrow_mut() = Some(editor);
                here.set(true);
            }
        });
        move || drop(changed)
    });
}

fn findings(problems: &[Problem]) -> js_sys::Array {
    let list = js_sys::Array::new();
    for problem in problems {
        list.push(&JsValue::from(problem.span.0 as u32));
        list.push(&JsValue::from(problem.span.1 as u32));
        list.push(&JsValue::from(problem.error));
        list.push(&JsValue::from(problem.message.as_str()));
    }
    list
}

#[derive(Properties, PartialEq)]
struct StatusProps {
    problems: Rc<Vec<Problem>>,
    standing: Standing,
    slot: EditorSlot,
}

/// How the text relates to the cluster, and what is wrong with it.
#[component]
fn Status(props: &StatusProps) -> Html {
    let lang = use_page().lang;
    let errors = props.problems.iter().filter(|problem| problem.error).count();
    let (class, text) = match props.standing {
        Standing::Applied => ("good", lang.applied().to_string()),
        Standing::Typing => ("wait", lang.typing().to_string()),
        Standing::Broken if errors == 1 => ("bad", lang.broken_one().to_string()),
        Standing::Broken => ("bad", lang.broken(errors)),
    };
    html! {
        <div class="editor-status">
            <p class={classes!("standing", class)} role="status"><span class="standing-dot"></span>{ text }</p>
            if !props.problems.is_empty() {
                <ul class="problems" aria-label={lang.problems()}>
                    { for props.problems.iter().take(MAX_LISTED_PROBLEMS).map(|problem| problem_view(problem, &props.slot, lang)) }
                </ul>
            }
        </div>
    }
}

fn problem_view(problem: &Problem, slot: &EditorSlot, lang: crate::i18n::Lang) -> Html {
    let (slot, line) = (slot.clone(), problem.line as u32);
    let onclick = Callback::from(move |_: MouseEvent| slot.with(|editor| editor.goto_line(line)));
    html! {
        <li class={if problem.error { "error" } else { "warning" }}>
            <button class="link" {onclick}>
                { icon(if problem.error { Icon::Cross } else { Icon::Held }) }
                <b>{ lang.line_number(problem.line) }</b><span lang="en">{ &problem.message }</span>
            </button>
        </li>
    }
}
