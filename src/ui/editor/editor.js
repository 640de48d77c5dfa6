// The YAML editor: a thin face on CodeMirror 6, which does undo, IME, completion, marks, search and accessibility.
// Bundled by .ci/bundle.mjs into one module, editor.js, that the page imports after its stage moves.
// All positions are UTF-16 code units from the start of the document, as in a JavaScript string.
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentService,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { chrome, darkness, tokens } from "./theme.js";

const INDENT_SPACES = 2;

// Marks a change that the page made itself: it is not reported back to it.
const byThePage = Annotation.define();

/**
 * Puts an editor into `parent` and returns its handle.
 *
 * - `doc`: the text to start with
 * - `label`: its name for assistive technology
 * - `onChange(text)`: called after each change by the user; never in the middle of an IME composition
 * - `dark`: which of CodeMirror's own defaults to start from; the colours themselves are the page's CSS variables
 * - `phrases`: translations of CodeMirror's own texts, by the English text (optional)
 */
export function mount(parent, { doc = "", label = "", onChange = () => {}, dark = true, phrases = {} } = {}) {
  const hooks = { completions: null, hover: null };
  const compartments = { theme: new Compartment(), words: new Compartment() };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc,
      extensions: [
        compartments.theme.of(darkness(dark)),
        compartments.words.of(words(label, phrases)),
        reportChanges(onChange),
        autocompletion({ override: [(context) => complete(hooks.completions, context)] }),
        hoverTooltip((view, at) => explain(hooks.hover, view, at)),
        setup,
      ],
    }),
  });
  return handle(view, hooks, compartments);
}

const setup = [
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  highlightSelectionMatches(),
  history(),
  drawSelection(),
  indentOnInput(),
  indentUnit.of(" ".repeat(INDENT_SPACES)),
  indentService.of(newLineIndent),
  EditorState.tabSize.of(INDENT_SPACES),
  bracketMatching(),
  closeBrackets(),
  search({ top: true }),
  yaml(),
  syntaxHighlighting(tokens),
  chrome,
  keymap.of([
    // Escape, then Tab leaves the editor, and Ctrl-m (Shift-Alt-m on a Mac) switches that for good: CodeMirror's rule.
    { key: "Tab", run: acceptCompletion },
    { key: "Tab", run: tab, shift: indentLess },
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...completionKeymap,
    ...lintKeymap,
  ]),
];

// Where the line after `at` starts: deeper under a key that still wants its value, else under what the line started,
// which for `- name: x` is the `name`.
function newLineIndent(context, at) {
  const { text } = context.lineAt(at, -1);
  const [lead, dashes] = /^(\s*)((?:- +)*)/.exec(text).slice(1);
  const opens = /(^|\s)[^\s#][^#]*:(\s+[|>][+-]?)?\s*$|:\s*$/.test(text) && !/^\s*#/.test(text);
  return lead.length + dashes.length + (opens ? INDENT_SPACES : 0);
}

// Spaces up to the next indentation stop; with a selection its lines move right.
function tab(view) {
  const { state } = view;
  if (state.readOnly) return false;
  if (state.selection.ranges.some((range) => !range.empty)) return indentMore(view);
  view.dispatch(
    state.update(
      state.changeByRange((range) => {
        const column = range.from - state.doc.lineAt(range.from).from;
        const insert = " ".repeat(INDENT_SPACES - (column % INDENT_SPACES));
        return {
          changes: { from: range.from, insert },
          range: range.map(state.changes({ from: range.from, insert }), 1),
        };
      }),
      { scrollIntoView: true, userEvent: "input.indent" },
    ),
  );
  return true;
}

// What depends on the reader's language.
function words(label, phrases) {
  return [
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
    EditorState.phrases.of(phrases),
  ];
}

// Tells of the user's changes; those made while an IME composes are told in one when it ends.
function reportChanges(onChange) {
  let untold = false;
  const tell = (view) => {
    if (!untold || view.composing) return;
    untold = false;
    onChange(view.state.doc.toString());
  };
  return [
    EditorView.updateListener.of((update) => {
      if (update.transactions.some((one) => one.docChanged && !one.annotation(byThePage))) untold = true;
      tell(update.view);
    }),
    EditorView.domEventHandlers({
      // CodeMirror itself reads the composed text only after this event.
      compositionend: (_, view) => void setTimeout(() => tell(view), 0),
    }),
  ];
}

// The page's answer as CodeMirror wants it. The page may answer later (a promise) or not at all (null).
async function complete(hook, context) {
  if (!hook) return null;
  const answer = await hook({ text: context.state.doc.toString(), at: context.pos, explicit: context.explicit });
  if (!answer || answer.options.length === 0) return null;
  return { from: answer.from ?? context.pos, options: answer.options, validFor: /^[\w.\/-]*$/ };
}

async function explain(hook, view, at) {
  if (!hook) return null;
  const answer = await hook({ text: view.state.doc.toString(), at });
  if (!answer) return null;
  return {
    pos: answer.from ?? at,
    end: answer.to ?? at,
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "cm-explanation";
      dom.textContent = answer.text;
      return { dom };
    },
  };
}

function handle(view, hooks, compartments) {
  return {
    /** The text as it is. */
    getDoc: () => view.state.doc.toString(),

    /** Replaces the text. Only what differs is touched, so selection, folds and undo survive; `onChange` is not called. */
    setDoc(text) {
      const changes = difference(view.state.doc.toString(), text);
      if (changes) view.dispatch({ changes, annotations: byThePage.of(true) });
    },

    /** Marks findings `{from, to, severity: "error" | "warning" | "info" | "hint", message}` in place of the former ones. */
    setDiagnostics(findings) {
      const end = view.state.doc.length;
      const inside = (at) => Math.max(0, Math.min(at, end));
      const marks = findings.map(({ from, to, severity, message }) => ({
        from: inside(from),
        to: Math.max(inside(from), inside(to)),
        severity,
        message,
      }));
      view.dispatch(setDiagnostics(view.state, marks));
    },

    /** `fn({text, at, explicit})` answers `{from, options: [{label, type, detail, info, apply}]}`, a promise of it, or null. */
    setCompletions(fn) {
      hooks.completions = fn;
    },

    /** `fn({text, at})` answers `{from, to, text}`, a promise of it, or null; shown when the pointer rests there. */
    setHover(fn) {
      hooks.hover = fn;
    },

    /** Puts the cursor at the start of line `n`, counted from 1, in the middle of the view. */
    gotoLine(n) {
      const line = view.state.doc.line(Math.max(1, Math.min(n, view.state.doc.lines)));
      view.dispatch({
        selection: { anchor: line.from },
        effects: EditorView.scrollIntoView(line.from, { y: "center" }),
      });
      view.focus();
    },

    /** Follows the page's theme. */
    setDark(dark) {
      view.dispatch({ effects: compartments.theme.reconfigure(darkness(dark)) });
    },

    /** Follows the page's language. CodeMirror redraws everything for it, so the place is kept by hand. */
    setLanguage({ label = "", phrases = {} }) {
      const place = view.scrollSnapshot();
      view.dispatch({ effects: compartments.words.reconfigure(words(label, phrases)) });
      view.dispatch({ effects: place });
    },

    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

// The one replacement that turns `old` into `text`; null when they are equal.
function difference(old, text) {
  if (old === text) return null;
  const shorter = Math.min(old.length, text.length);
  let start = 0;
  while (start < shorter && old.charCodeAt(start) === text.charCodeAt(start)) start++;
  let tail = 0;
  while (tail < shorter - start && old.charCodeAt(old.length - 1 - tail) === text.charCodeAt(text.length - 1 - tail)) tail++;
  return { from: start, to: old.length - tail, insert: text.slice(start, text.length - tail) };
}
