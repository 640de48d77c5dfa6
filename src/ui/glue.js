// What is shorter in JavaScript than through bindings: the frame loop, the editor's late arrival, watching sizes.

/** Calls `frame(milliseconds)` before every repaint until the page goes. */
export function everyFrame(frame) {
  const next = (at) => {
    frame(at);
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

/** Calls `changed(width, height)` with the content size of `element` now and whenever it changes. */
export function watchSize(element, changed) {
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    changed(width, height);
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Calls `key(event)` for every key that nothing on the page has stopped, wherever the focus is. */
export function everyKey(key) {
  document.addEventListener("keydown", key);
}

/** Loads the editor's module and puts an editor into `parent`; rejects when it cannot be had. */
export async function mountEditor(parent, doc, label, dark, onChange) {
  const { mount } = await import(new URL("./editor.js", document.baseURI).href);
  return mount(parent, { doc, label, dark, onChange });
}

/** The text of a file of the page; rejects when it is not there. */
export async function fetchText(path) {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.text();
}

/** Marks `[from, to, isError, message]` quadruples in the editor. */
export function markProblems(editor, list) {
  const findings = [];
  for (let at = 0; at < list.length; at += 4) {
    const [from, to, error, message] = list.slice(at, at + 4);
    findings.push({ from, to, severity: error ? "error" : "warning", message });
  }
  editor.setDiagnostics(findings);
}
