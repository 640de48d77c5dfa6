// Bad input in the page: a message with its line, a cluster that keeps running, nothing typed is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faultLines, launch, openPage, replaceText, serve, shownText } from "./lib.mjs";

let host, browser;

before(async () => {
  host = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await host?.close();
});

const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
  .concat("bcdefghij".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(", ")}]`))
  .join("\n");

const replicas = `apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: many}
spec:
  replicas: 10000
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec: {containers: [{name: c, image: "nginx:1.29"}]}
`;

const never = `apiVersion: batch/v1
kind: CronJob
metadata: {name: never}
spec:
  schedule: "0 0 31 2 *"
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "busybox:1.36"}]}}}
`;

// What is typed, and what the page says about it; `line` where there is one to name.
const cases = [
  { name: "not YAML", text: "kind: [Pod\nmetadata:\n", says: /./, error: true, line: true },
  { name: "a wrong type", text: "apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\nspec: {containers: 3}\n", says: /containers/, error: true, line: true },
  { name: "an unknown kind", text: "apiVersion: v1\nkind: Podd\nmetadata: {name: a}\n", says: /Podd/, error: true, line: true },
  { name: "a megabyte of text", text: `# ${"x".repeat(98)}\n`.repeat(10_500), says: null, error: false },
  { name: "a bomb of aliases", text: bomb, says: /alias/i, error: true, line: true },
  { name: "a CronJob that never fires", text: never, says: /never runs/, error: false, line: true },
  { name: "10,000 replicas on three nodes", text: replicas, says: null, error: false },
];

for (const { name, text, says, error, line } of cases) {
  test(`${name}: it is said, the clock goes on, and the text survives a reload`, async () => {
    const page = await openPage(browser, host.url);
    await replaceText(page, text);
    const status = page.locator(".editor-status .standing");
    if (error) await status.getByText(/error/).waitFor();
    else await status.getByText(/applied/).waitFor({ timeout: 60_000 });
    if (says) {
      const problem = page.locator(".problems li").filter({ hasText: says }).first();
      await problem.waitFor();
      if (line) assert.match(await problem.textContent(), /line \d+/);
    }
    const clock = () => page.locator(".clock-now").textContent();
    const before = await clock();
    await page.waitForFunction((was) => document.querySelector(".clock-now").textContent > was, before, { timeout: 60_000 });
    await page.reload();
    await page.locator("h1").first().waitFor({ state: "attached" });
    await page.locator(".cm-content").waitFor();
    const kept = await shownText(page);
    assert.equal(kept.length, text.length);
    assert.equal(kept, text);
    assert.deepEqual(faultLines(page), []);
    await page.context().close();
  });
}

test("an empty text is an empty stage that says what to do, and a reload begins with the article", async () => {
  const page = await openPage(browser, host.url);
  await replaceText(page, "");
  await page.locator(".standing").getByText(/applied/).waitFor();
  await page.locator(".canvas > .pod").first().waitFor({ state: "detached", timeout: 60_000 });
  await page.reload();
  await page.getByRole("button", { name: /^Pod daemonset-1/ }).first().waitFor();
  await page.context().close();
});

test("while the text is broken the last valid cluster keeps running, and mending it goes on from there", async () => {
  const page = await openPage(browser, host.url);
  await page.getByRole("button", { name: /^Pod daemonset-1.*running/ }).first().waitFor();
  await page.locator(".cm-content").waitFor();
  const good = await shownText(page);
  await replaceText(page, good.replace("kind: DaemonSet", "kind: DaemonSett"));
  await page.locator(".standing").getByText(/error/).waitFor();
  const names = () => page.locator(".pod .sr").allTextContents();
  const daemons = async () => (await names()).filter((name) => name.includes("daemonset-1")).map((name) => name.match(/daemonset-1-\w+/)[0]).sort();
  const before = await daemons();
  assert.equal(before.length, 2);
  await replaceText(page, good);
  await page.locator(".standing").getByText(/applied/).waitFor();
  assert.deepEqual(await daemons(), before);
  await page.context().close();
});
