// The built page as a visitor gets it: from a sub-path of a static host, under its own Content-Security-Policy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { atRest, axe, faultLines, launch, openPage, screenshot, serve } from "./lib.mjs";

let host, browser, page;

before(async () => {
  host = await serve();
  browser = await launch();
  page = await openPage(browser, host.url);
});

after(async () => {
  await browser?.close();
  await host?.close();
});

test("the page starts from a sub-path and shows its name", async () => {
  assert.equal(await page.title(), "Kube Orrery");
  await page.getByRole("heading", { name: "Kube Orrery", level: 1 }).waitFor({ state: "attached" });
  await screenshot(page, "page");
});

test("nothing goes wrong while it starts: no error, no failed or foreign request, no blocked script", () => {
  assert.deepEqual(faultLines(page), []);
  assert.ok(host.requests.some((path) => path.endsWith(".wasm")), "it is the WebAssembly that runs");
});

test("the policy is in force: inline scripts, eval and other origins are refused", async () => {
  const probe = await openPage(browser, host.url);
  const ran = await probe.evaluate(async () => {
    const inline = document.createElement("script");
    inline.textContent = "window.inlineRan = true";
    document.head.append(inline);
    const foreign = await fetch("https://other.invalid/").then(() => "answered", () => "refused");
    return { inline: Boolean(window.inlineRan), foreign };
  });
  assert.deepEqual(ran, { inline: false, foreign: "refused" });
  await probe.waitForFunction(() => true);
  const directives = probe.faults.csp.map((line) => line.split(" ")[0]).sort();
  assert.deepEqual(directives, ["connect-src", "script-src-elem"]);
  await probe.context().close();
});

test("axe finds nothing to object to", async () => {
  await atRest(page);
  assert.deepEqual(await axe(page), []);
});

