// What the end-to-end tests share: a static host for dist/ under a sub-path, a browser, pages that watch themselves.
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where the built page is; `DIST` names another folder. */
export const dist = process.env.DIST ?? join(root, "dist");

/** Where screenshots go. */
export const shots = join(root, "target", "e2e");

/** A path that no absolute URL of the page would survive. */
export const SUB_PATH = "/some/where/orrery/";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".yaml": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

/**
 * Serves the built page as a plain static host does, under SUB_PATH only; any other path is a 404.
 * Returns `{ url, requests, close }`; `requests` lists every path that was asked for.
 */
export async function serve({ folder = dist, base = SUB_PATH } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    requests.push(path);
    try {
      if (!path.startsWith(base)) throw new Error("outside the sub-path");
      const inside = normalize(path.slice(base.length) || "index.html");
      if (inside.startsWith("..") || inside.startsWith(sep)) throw new Error("outside the folder");
      const body = await readFile(join(folder, inside));
      response.writeHead(200, { "content-type": TYPES[extname(inside)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found");
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}${base}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** The browser's executable: CHROMIUM, or what `.ci/browser.sh` finds. */
export function browserPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const script = 'source "$0" && find_browser';
  try {
    return execFileSync("bash", ["-c", script, join(root, ".ci", "browser.sh")], { encoding: "utf8" }).trim();
  } catch {
    throw new Error("no Chromium found: run `.ci/setup.sh browser`, or set CHROMIUM to its executable");
  }
}

/** Starts the browser; close it when done. */
export function launch(options = {}) {
  return chromium.launch({
    executablePath: browserPath(),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ...options,
  });
}

/**
 * A page in a context of its own, which notes what goes wrong in it:
 * `page.faults.console` errors and uncaught exceptions, `.foreign` requests to another origin than `url`'s,
 * `.failed` requests that failed or were answered with an error, `.csp` violations of the Content-Security-Policy.
 * Opens `url` and waits until the page has rendered. `options` are Playwright's context options; `prepare` is called
 * with the page before that.
 */
export async function openPage(browser, url, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const origin = new URL(url).origin;
  const faults = { console: [], foreign: [], failed: [], csp: [] };
  page.faults = faults;
  page.on("console", (message) => {
    if (message.type() === "error") faults.console.push(message.text());
  });
  page.on("pageerror", (error) => faults.console.push(String(error)));
  page.on("request", (request) => {
    const at = new URL(request.url());
    if (at.protocol !== "data:" && at.protocol !== "blob:" && at.origin !== origin) faults.foreign.push(request.url());
  });
  page.on("requestfailed", (request) => faults.failed.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) faults.failed.push(`${response.url()} ${response.status()}`);
  });
  await page.exposeFunction("__noteViolation", (text) => faults.csp.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.__noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  await prepare(page);
  await page.goto(url);
  await rendered(page);
  return page;
}

/** Waits until the page has put something on the screen. */
export async function rendered(page) {
  await page.locator("h1").first().waitFor({ state: "attached" });
}

/** One node's card. */
export function node(page, name) {
  return page.getByRole("region", { name, exact: true });
}

/** The card of a controller, by its title: `Job job-1`. */
export function card(page, title) {
  return page.locator(".controller", { has: page.getByTitle(title, { exact: true }) });
}

/** Chooses an entry of the menu of a node, Pod or controller. */
export async function act(page, name, entry) {
  await page.getByRole("button", { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).first().click();
}

/** Chooses a speed by its label. */
export async function setSpeed(page, label) {
  await page.getByRole("group", { name: "Speed" }).getByRole("button", { name: label, exact: true }).click();
}

/**
 * Plays until the page's clock shows `time` (`09:01:10`) and stops there, or a little later: at 10× a frame is some
 * tenths of a second. In any language.
 */
export async function pauseAt(page, time) {
  const play = page.locator(".button.play");
  const playing = () => play.evaluate((button) => /Pause|일시/.test(button.getAttribute("aria-label")));
  if (!(await playing())) await play.click();
  await page.locator(".speeds button").nth(2).click();
  await page.waitForFunction(
    (time) => {
      const reached = document.querySelector(".clock-now").textContent >= time;
      if (reached) document.querySelector(".button.play").click();
      return reached;
    },
    time,
    { polling: "raf", timeout: 60_000 },
  );
}

/** Replaces the whole text in the editor, as pasting does. */
export async function replaceText(page, text) {
  const content = page.locator(".cm-content");
  await content.waitFor();
  await content.focus();
  await page.keyboard.press("Control+a");
  if (text === "") return page.keyboard.press("Delete");
  await content.evaluate((element, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

/** The text in the editor. */
export function shownText(page) {
  return page.evaluate(() => document.querySelector(".cm-content").cmTile.view.state.doc.toString());
}

/** Every fault that the page has noted, as lines; empty when all is well. */
export function faultLines(page) {
  return Object.entries(page.faults).flatMap(([kind, lines]) => lines.map((line) => `${kind}: ${line}`));
}

/** Saves `target/e2e/NAME.png` and returns its path. */
export async function screenshot(page, name, options = {}) {
  await mkdir(shots, { recursive: true });
  const path = join(shots, `${name}.png`);
  await page.screenshot({ path, ...options });
  return path;
}

/**
 * Pauses time and waits until everything that appears, moves or fades has come to rest. A text half faded in has too
 * little contrast for an instant, which is nobody's fault.
 */
export async function atRest(page) {
  const pause = page.locator('.button.play[aria-label="Pause"], .button.play[aria-label="일시 정지"]');
  if (await pause.isVisible()) await pause.click();
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let quiet = 0; quiet < 3; quiet++) {
      await frame();
      const running = document.getAnimations().filter((animation) => animation.playState === "running");
      if (running.length > 0) quiet = -1;
      await Promise.allSettled(running.map((animation) => animation.finished));
    }
  });
}

/**
 * Runs axe-core on the page as it is now. Returns one line per violation and element; empty when there is none.
 * Injected over the debugging protocol, so that the page's own Content-Security-Policy need not allow it.
 */
export async function axe(page, options = {}) {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const result = await page.evaluate((options) => window.axe.run(document, options), options);
  return result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.impact} ${violation.id}: ${violation.help} (${node.target.join(" ")})`),
  );
}
