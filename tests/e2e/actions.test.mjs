// What one can do to the cluster from the page: every action of the menus, by mouse and by keyboard.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { act, card, faultLines, launch, node, openPage, replaceText, screenshot, serve, setSpeed } from "./lib.mjs";

let host, browser, page;

before(async () => {
  host = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await host?.close();
});

beforeEach(async () => {
  page = await openPage(browser, host.url);
});

afterEach(async () => {
  assert.deepEqual(faultLines(page), []);
  await page.context().close();
});

const pods = (owner) => page.getByRole("button", { name: new RegExp(`^Pod ${owner}`) });

test("a node can be cut off and brought back", async () => {
  await setSpeed(page, "60×");
  await act(page, "node-1", "Cut the power");
  await node(page, "node-1").getByText("NotReady").waitFor();
  await page.getByRole("button", { name: /^Pod daemonset-1.*does not answer/ }).first().waitFor();
  await screenshot(page, "node-down");
  await act(page, "node-1", "Bring it back");
  await node(page, "node-1").getByText("Ready", { exact: true }).waitFor();
});

test("a node can be cordoned and uncordoned", async () => {
  await act(page, "node-2", "Cordon");
  await node(page, "node-2").getByText("cordoned").waitFor();
  await act(page, "node-2", "Uncordon");
  await node(page, "node-2").getByText("cordoned").waitFor({ state: "detached" });
});

test("a node can be added, and the DaemonSet puts a Pod on it; a node can be deleted", async () => {
  await page.getByRole("button", { name: "Add node" }).click();
  await page.getByRole("menuitem", { name: "Add a node with os=centos" }).click();
  await node(page, "node-4").waitFor();
  await page.getByRole("button", { name: /^Pod daemonset-1.*on node-4/ }).waitFor();
  await act(page, "node-4", "Delete node");
  await node(page, "node-4").waitFor({ state: "detached" });
});

test("a Pod can be deleted, and its controller makes another", async () => {
  const first = page.getByRole("button", { name: /^Pod daemonset-1.*running.*on node-1/ });
  const name = (await first.textContent()).match(/daemonset-1-\w+/)[0];
  await first.click();
  await page.getByRole("complementary").getByRole("button", { name: "Delete Pod" }).click();
  await page.getByRole("status").getByText(`pod "${name}" deleted`).waitFor();
  const another = page.getByRole("button", { name: new RegExp(`^Pod daemonset-1-(?!${name.slice(-5)}).*running.*on node-1`) });
  await another.waitFor();
});

test("a Pod's containers can crash, and the Pod is restarted in its place", async () => {
  await page.getByRole("button", { name: /^Pod daemonset-1.*running.*on node-1/ }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Crash its containers" }).click();
  await page.getByRole("button", { name: /^Pod daemonset-1.*on node-1.*1 restart/ }).waitFor();
});

test("a CronJob can be triggered by hand, suspended and resumed", async () => {
  await act(page, "cron-job", "Run now");
  await card(page, "Job cron-job-manual-1").waitFor();
  await act(page, "cron-job", "Suspend");
  await card(page, "CronJob cron-job").getByText("suspended").waitFor();
  await act(page, "cron-job", "Resume");
  await card(page, "CronJob cron-job").getByText("next").waitFor();
});

test("a Pod tells why it is where it is, and what it wrote", async () => {
  await replaceText(
    page,
    `apiVersion: v1
kind: Pod
metadata: {name: speaker}
spec:
  containers:
  - {name: c, image: "busybox:1.36", command: [sh, -c, "echo hello from the pod; sleep 3600"]}
`,
  );
  await pods("speaker").first().click();
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await inspector.getByRole("heading", { name: "Why is it here?" }).waitFor();
  await inspector.getByRole("tab", { name: "Logs" }).click();
  await inspector.getByText("hello from the pod").waitFor();
  await inspector.getByRole("tab", { name: "Events" }).click();
  await inspector.getByText("Scheduled").waitFor();
  await inspector.getByRole("tab", { name: "YAML" }).click();
  await inspector.getByText("kind: Pod").waitFor();
});

test("time can be paused, stepped and sped up with the keyboard alone", async () => {
  const clock = () => page.locator(".clock-now").textContent();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play" }).waitFor();
  const still = await clock();
  await page.waitForTimeout(300);
  assert.equal(await clock(), still);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((was) => document.querySelector(".clock-now").textContent >= was, still);
  await page.keyboard.press("]");
  await page.getByRole("button", { name: "60×", pressed: true }).waitFor();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector(".clock-now").textContent === "09:00:00");
});

test("a menu works with the keyboard: arrows choose, Enter does it, Escape gives the focus back", async () => {
  const opener = page.getByRole("button", { name: "Actions for node-1" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  assert.ok(await opener.evaluate((element) => element === document.activeElement), "the focus is back");
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Cordon" }).waitFor();
  for (let step = 0; step < 2; step++) await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.textContent.startsWith("Cordon")), true);
  await page.keyboard.press("Enter");
  await node(page, "node-1").getByText("cordoned").waitFor();
});
