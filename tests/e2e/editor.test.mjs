// The editor's module on its own, under the page's policy: what it promises its caller.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { faultLines, launch, openPage, screenshot, serve } from "./lib.mjs";

let host, browser, page, box;

before(async () => {
  host = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await host?.close();
});

beforeEach(async () => {
  await page?.context().close();
  page = await openPage(browser, host.url);
  await page.evaluate(async () => {
    const { mount } = await import(new URL("./editor.js", document.baseURI).href);
    const parent = document.createElement("div");
    // The page has an editor of its own by now; this one is told apart by its box.
    parent.id = "editor-under-test";
    parent.style.cssText = "position: fixed; inset: 0 50% 0 0; z-index: 9";
    document.body.append(parent);
    window.heard = [];
    window.editor = mount(parent, {
      doc: "kind: Pod\n",
      label: "Manifest under test",
      onChange: (text) => window.heard.push(text),
    });
    window.editor.focus();
  });
  box = page.getByRole("textbox", { name: "Manifest under test" });
  await box.press("Control+End");
});

const doc = () => page.evaluate(() => window.editor.getDoc());
const heard = () => page.evaluate(() => window.heard);

test("typing is reported, and a new line under a key is indented", async () => {
  await page.keyboard.type("spec:\ncontainers:\n- name: a\nimage: b");
  assert.equal(await doc(), "kind: Pod\nspec:\n  containers:\n    - name: a\n      image: b");
  assert.equal((await heard()).at(-1), await doc());
  await screenshot(page, "editor");
  assert.deepEqual(faultLines(page), []);
});

test("Tab indents by two spaces, Shift-Tab takes them back, Ctrl-/ comments", async () => {
  await page.keyboard.press("Tab");
  await page.keyboard.type("a");
  assert.equal(await doc(), "kind: Pod\n  a");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await doc(), "kind: Pod\na");
  await page.keyboard.press("Control+/");
  assert.equal(await doc(), "kind: Pod\n# a");
});

test("a text set by the page is not reported, and the cursor and undo survive it", async () => {
  await page.keyboard.type("x");
  const before = (await heard()).length;
  await page.evaluate(() => window.editor.setDoc("kind: CronJob\nx"));
  assert.equal((await heard()).length, before);
  await page.keyboard.type("y");
  assert.equal(await doc(), "kind: CronJob\nxy");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  assert.notEqual(await doc(), "kind: CronJob\nxy");
});

test("a composition is reported once, when it ends", async () => {
  const session = await page.context().newCDPSession(page);
  const compose = (text) => session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await compose("ㅎ");
  await compose("하");
  await compose("한");
  assert.deepEqual(await heard(), []);
  await session.send("Input.insertText", { text: "한" });
  await page.waitForFunction(() => window.heard.length > 0);
  assert.deepEqual(await heard(), ["kind: Pod\n한"]);
});

test("findings are marked on their line, also those that reach beyond the text", async () => {
  await page.evaluate(() =>
    window.editor.setDiagnostics([
      { from: 6, to: 9, severity: "error", message: "no such kind" },
      { from: 900, to: 1000, severity: "warning", message: "beyond" },
    ]),
  );
  await page.locator("#editor-under-test .cm-lint-marker-error").waitFor();
  await page.locator("#editor-under-test .cm-lintRange-error").hover();
  await page.getByText("no such kind").waitFor();
  await page.evaluate(() => window.editor.setDiagnostics([]));
  await page.locator("#editor-under-test .cm-lint-marker-error").waitFor({ state: "detached" });
});

test("completions and explanations come from the page, and Tab takes a completion", async () => {
  await page.evaluate(() => {
    window.editor.setCompletions(async ({ text, at }) => ({
      from: text.lastIndexOf("\n", at - 1) + 1,
      options: [{ label: "concurrencyPolicy", detail: "string" }],
    }));
    window.editor.setHover(({ text }) => ({ from: 0, to: 4, text: `what kind means, in ${text.length} letters` }));
  });
  await page.keyboard.type("conc");
  await page.getByRole("option", { name: /concurrencyPolicy/ }).waitFor();
  // CodeMirror ignores a key that comes so soon after the list that it may be meant for the text.
  await page.waitForTimeout(150);
  await page.keyboard.press("Tab");
  assert.equal(await doc(), "kind: Pod\nconcurrencyPolicy");
  await page.locator("#editor-under-test .cm-line").first().hover({ position: { x: 10, y: 5 } });
  await page.getByText("what kind means, in 27 letters").waitFor();
});

test("a line can be gone to, the theme and the language can change, and it can be taken away", async () => {
  await page.evaluate(() => {
    window.editor.setDoc(Array.from({ length: 500 }, (_, n) => `line: ${n + 1}`).join("\n"));
    window.editor.gotoLine(400);
    window.editor.setDark(false);
  });
  await page.locator("#editor-under-test .cm-lineNumbers").getByText("400", { exact: true }).waitFor();
  await page.evaluate(() => window.editor.setLanguage({ label: "선언", phrases: { Find: "찾기" } }));
  await page.locator("#editor-under-test .cm-lineNumbers").getByText("400", { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "선언" }).press("Control+f");
  await page.getByPlaceholder("찾기").waitFor();
  await page.evaluate(() => window.editor.destroy());
  assert.equal(await page.locator("#editor-under-test .cm-editor").count(), 0);
  assert.deepEqual(faultLines(page), []);
});
