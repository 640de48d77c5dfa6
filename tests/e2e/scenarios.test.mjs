// Every scenario that comes with the page, chosen in the page: what the article says can be seen on the stage.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readdir } from "node:fs/promises";
import { card, faultLines, launch, node, openPage, screenshot, serve, setSpeed } from "./lib.mjs";

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

const WAIT = { timeout: 60_000 };
const pod = (text) => page.getByRole("button", { name: new RegExp(`^Pod ${text}`) });
const see = (locator) => locator.first().waitFor(WAIT);
const running = (owner) => pod(`${owner}.*, running`).count();
const onNode = (name, owner) =>
  pod(`${owner}.*on ${name}`).evaluateAll((pods) => pods.filter((pod) => !pod.classList.contains("leaving")).length);
const eventually = async (what, read, wanted) => {
  const until = Date.now() + WAIT.timeout;
  let found;
  do {
    found = await read();
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    await page.waitForTimeout(100);
  } while (Date.now() < until);
  assert.deepEqual(found, wanted, what);
};
const perNode = (owner, ...names) => async () => Promise.all(names.map((name) => onNode(name, owner)));

// By scenario: the speed to play it at, and what is to be seen.
const rows = {
  article: ["10×", async () => {
    await see(pod("daemonset-1.*running.*on node-2"));
    await see(node(page, "node-3").getByText("not matched by"));
    await see(card(page, "CronJob cron-job").getByText("next"));
  }],
  "replicaset-fills-the-roomy-node": ["10×", async () => {
    await eventually("replica by node", perNode("replica", "node-1", "node-2", "node-3"), [3, 2, 1]);
    await eventually("agent by node", perNode("agent", "node-1", "node-2", "node-3"), [1, 1, 1]);
  }],
  "ten-nodes-ten-pods": ["10×", async () => {
    const names = Array.from({ length: 10 }, (_, n) => `node-${n + 1}(?!\\d)`);
    await eventually("Pods by node", perNode("prometheus", ...names), names.map(() => 1));
  }],
  "node-added-node-removed": ["10×", async () => {
    await see(pod("daemonset-1.*running.*on node-4"));
    await node(page, "node-1").waitFor({ ...WAIT, state: "detached" });
  }],
  "node-selector-keeps-off-ubuntu": ["10×", async () => {
    await see(node(page, "node-3").getByText("not matched by"));
    await see(pod("daemonset-1.*on node-3"));
  }],
  "selector-and-labels": ["10×", async () => {
    await see(card(page, "ReplicaSet replica"));
    await eventually("two that were let go, two new ones", () => running("replica"), 4);
  }],
  "node-port-local-next-to-host-port": ["10×", async () => {
    await see(page.locator(".controller").getByText(/:30080 → .*Local/));
    await see(node(page, "node-1").getByText(":18080 → 8080"));
  }],
  "node-down": ["60×", async () => {
    await see(node(page, "node-1").getByText("NotReady"));
    await see(page.getByRole("button", { name: /^Pod bare.*does not answer.*no controller will replace it/ }));
    await see(pod("replica.*running.*on node-[23]"));
    await see(pod("job-1.*on node-[23]"));
  }],
  "recreate-and-restart": ["10×", async () => see(pod("restarts.*2 restarts"))],
  "finished-pod-stays": ["10×", async () => {
    const finished = pod("job-1.*completed.*finished on");
    await see(finished);
    await finished.first().click();
    await page.getByRole("tab", { name: "Logs" }).click();
    await see(page.getByText("backup finished"));
  }],
  "job-six-one-by-one": ["60×", async () => see(card(page, "Job job-1").getByText("6/6 done"))],
  "job-six-in-pairs": ["10×", async () => {
    await eventually("Pods that run at once", () => running("job-1"), 2);
    await see(card(page, "Job job-1").getByText("6/6 done"));
  }],
  "job-active-deadline": ["10×", async () => {
    await see(card(page, "Job job-1").locator(".deadline"));
    await see(page.locator(".controller.failed", { has: page.getByTitle("Job job-1") }));
    await eventually("Pods that stay", () => pod("job-1.*completed").count(), 2);
  }],
  "job-makes-its-own-selector": ["10×", async () => {
    await card(page, "Job job-1").getByRole("button").first().click();
    await page.getByRole("tab", { name: "YAML" }).click();
    await see(page.getByText(/batch\.kubernetes\.io\/controller-uid/));
  }],
  "cronjob-every-minute": ["60×", async () => {
    await see(pod("cron-job-.*running"));
    await see(pod("cron-job-.*completed"));
  }],
  "cronjob-allow": ["10×", async () => eventually(
    "Jobs that run at once", () => page.locator(".controller.active").filter({ hasText: "done" }).count().then((n) => n >= 2), true)],
  "cronjob-forbid": ["10×", async () => see(page.locator(".chain-note").getByText(/held back/))],
  "cronjob-replace": ["10×", async () => see(page.locator(".chain-note").getByText(/replaced a run/))],
  "cronjob-replace-two-ways": ["10×", async () => {
    await see(card(page, "CronJob article"));
    await see(card(page, "CronJob kubernetes"));
  }],
  "cronjob-suspend": ["60×", async () => see(card(page, "CronJob cron-job").getByText("suspended"))],
  "cronjob-manual-trigger": ["10×", async () => see(page.getByTitle(/^Job manual-1/))],
  "backup-update-mail": ["10 min/s", async () => {
    for (const name of ["backup", "update-check", "mail"]) await see(card(page, `CronJob ${name}`));
    await see(pod("update-check.*(running|completed)"));
  }],
};

for (const [name, [speed, look]] of Object.entries(rows)) {
  test(`${name} shows what it is about`, async () => {
    await setSpeed(page, speed);
    await page.getByRole("combobox", { name: "Scenario" }).selectOption(name);
    await page.locator(".standing").getByText(/applied/).waitFor();
    await look();
    await screenshot(page, `scenario-${name}`);
    assert.deepEqual(faultLines(page), []);
  });
}

test("every scenario file has its row here", async () => {
  const files = await readdir(new URL("../../static/scenarios/", import.meta.url));
  assert.deepEqual(files.map((file) => file.replace(".yaml", "")).sort(), Object.keys(rows).sort());
});
