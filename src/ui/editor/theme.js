// How the editor looks: only in terms of the page's CSS variables, so a change of theme needs no new editor.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours of YAML's parts. */
export const tokens = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--accent)" },
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: [tags.content, tags.literal], color: "var(--text)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--running)" },
  { tag: [tags.lineComment, tags.comment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta, tags.attributeValue], color: "var(--pending)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

const mix = (name, percent) => `color-mix(in srgb, var(--${name}) ${percent}%, transparent)`;

/** Everything around the text. */
export const chrome = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--panel)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono, ui-monospace, 'JetBrains Mono', Menlo, Consolas, monospace)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": {
    backgroundColor: mix("accent", 28),
  },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--muted)", border: "none" },
  ".cm-activeLine": { backgroundColor: mix("accent", 7) },
  ".cm-activeLineGutter": { backgroundColor: mix("accent", 12), color: "var(--text)" },
  ".cm-selectionMatch": { backgroundColor: mix("running", 22) },
  ".cm-searchMatch": { backgroundColor: mix("pending", 30), outline: "1px solid var(--pending)" },
  ".cm-searchMatch-selected": { backgroundColor: mix("pending", 55) },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: mix("accent", 25), outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { outline: "1px solid var(--failed)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--line)", border: "none", color: "var(--text)", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-textfield": { backgroundColor: "var(--bg)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "4px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--line)", color: "var(--text)", border: "none", borderRadius: "4px" },
  ".cm-tooltip": {
    backgroundColor: "var(--panel)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: mix("accent", 35), color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--muted)" },
  ".cm-explanation": { padding: "6px 10px", maxWidth: "48ch", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--failed)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--pending)" },
  ".cm-diagnostic-info": { borderLeftColor: "var(--accent)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--failed)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--pending)" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--accent)" },
});

/** Which of CodeMirror's own defaults show where `chrome` says nothing. */
export const darkness = (dark) => EditorView.theme({}, { dark });
