// The pictures of the page: those of the README and the docs (`make pictures` puts them there), and those to be looked
// at after every visible change: dark and light, Korean, narrow. Each is judged by axe as well.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { act, atRest, axe, faultLines, launch, openPage, pauseAt, screenshot, serve } from "./lib.mjs";

let host, browser;

before(async () => {
  host = await serve();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await host?.close();
});

const views = [
  { name: "readme", options: { colorScheme: "dark" } },
  { name: "light", options: { colorScheme: "light" } },
  { name: "korean", options: { colorScheme: "dark", locale: "ko-KR" } },
  { name: "narrow", options: { colorScheme: "dark", viewport: { width: 390, height: 844 } }, fullPage: true },
  { name: "half", options: { colorScheme: "light", viewport: { width: 900, height: 1200 } }, fullPage: true },
];

for (const { name, options, fullPage } of views) {
  test(`the page, ${name}: a minute and a half into the article, a Pod selected`, async () => {
    const page = await openPage(browser, host.url, options);
    await pauseAt(page, "09:01:10");
    await page.locator(".canvas > .pod.running").last().click();
    await page.locator(".answer").first().waitFor();
    await atRest(page);
    await screenshot(page, name, { fullPage });
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(faultLines(page), []);
    await page.context().close();
  });
}

test("a node that does not answer, one minute and six minutes later", async () => {
  const page = await openPage(browser, host.url, { colorScheme: "dark" });
  await pauseAt(page, "09:00:10");
  await act(page, "node-1", "Cut the power");
  for (const [name, time] of [["node-down-60", "09:01:10"], ["node-down-360", "09:06:10"]]) {
    await pauseAt(page, time);
    await atRest(page);
    await screenshot(page, name);
    assert.deepEqual(await axe(page), []);
  }
  await page.context().close();
});
