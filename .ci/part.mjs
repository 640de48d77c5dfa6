// Parts a release's WebAssembly: what runs until the stage moves arrives first, everything else a moment later.
// Which functions those are is found out by playing: a copy of the page that reports every function is run in a real
// browser for some seconds. Without a browser the page stays in one piece, which works as well and weighs more at first.
// Used by .ci/finish.mjs.
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, openPage, serve } from "../tests/e2e/lib.mjs";

// Real seconds that the page plays in each language: the first Job ends and the CronJob fires.
const PLAY_SECONDS = 9;

// The tool is a program of this machine: what .ci/build.sh asks of the page's compilation is not for it.
const usual = Object.entries(process.env).filter(([name]) => !/^(RUSTFLAGS|RUSTC_BOOTSTRAP|CARGO_UNSTABLE_|CARGO_PROFILE_)/.test(name));

const tool = (...args) =>
  execFileSync(
    "cargo",
    ["run", "--quiet", "--locked", "--release", "--manifest-path", ".ci/split/Cargo.toml", "--target-dir", "target/split", "--", ...args],
    { stdio: ["ignore", "inherit", "inherit"], env: Object.fromEntries(usual) },
  );

/** The numbers of the functions that the page in `folder` enters while it starts and plays. */
async function calledIn(folder) {
  const host = await serve({ folder });
  const browser = await launch();
  const called = new Set();
  try {
    for (const [locale, colorScheme] of [["en-US", "dark"], ["ko-KR", "light"]]) {
      const page = await openPage(browser, host.url, { locale, colorScheme }, (page) =>
        page.addInitScript(() => {
          window.entered = new Set();
          const mark = (number) => window.entered.add(number);
          for (const name of ["instantiate", "instantiateStreaming"]) {
            const usual = WebAssembly[name];
            WebAssembly[name] = (source, imports) => usual.call(WebAssembly, source, { ...imports, split: { mark } });
          }
        }),
      );
      await page.waitForTimeout(PLAY_SECONDS * 1_000);
      for (const number of await page.evaluate(() => [...window.entered])) called.add(number);
      await page.context().close();
    }
  } finally {
    await browser.close();
    await host.close();
  }
  return called;
}

/** Parts the module in `folder`, which trunk has finished but for this. */
export async function part(folder) {
  const name = (await readdir(folder)).find((name) => name.endsWith("_bg.wasm"));
  const whole = join(folder, name);
  const scratch = await mkdtemp(join(tmpdir(), "part-"));
  try {
    await cp(folder, join(scratch, "page"), { recursive: true });
    tool("mark", whole, join(scratch, "page", name));
    const called = await calledIn(join(scratch, "page"));
    if (called.size === 0) throw new Error("the page has not run");
    const list = join(scratch, "called.txt");
    await writeFile(list, [...called].sort((a, b) => a - b).join("\n"));
    const rest = name.replace("_bg.wasm", "_rest.wasm");
    tool("part", whole, list, join(scratch, "first.wasm"), join(folder, rest));
    await cp(join(scratch, "first.wasm"), whole);
    const page = join(folder, "index.html");
    const html = await readFile(page, "utf8");
    await writeFile(page, html.replace(/ data-wasm="([^"]*)_bg\.wasm"/, (given, base) => `${given} data-rest="${base}_rest.wasm"`));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
