// Finishes what trunk has built, before it is put in place (Trunk.toml):
// - no inline script stays in the page, so that its Content-Security-Policy needs no 'unsafe-inline';
//   the only one that trunk adds is the live reload of `trunk serve`;
// - a release's own scripts are minified, and its WebAssembly is parted (.ci/part.mjs).
import { part } from "./part.mjs";
import { transform } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const folder = process.env.TRUNK_STAGING_DIR ?? process.argv[2] ?? "dist";
const release = process.env.TRUNK_PROFILE !== "debug";

async function moveInlineScripts() {
  const page = join(folder, "index.html");
  const html = await readFile(page, "utf8");
  const inline = [];
  const moved = html.replace(/<script(?![^>]*\ssrc=)([^>]*)>([\s\S]*?)<\/script>/g, (_, attributes, text) => {
    const name = `inline-${inline.length}.js`;
    inline.push({ name, text });
    return `<script${attributes} src="./${name}"></script>`;
  });
  for (const { name, text } of inline) {
    // trunk's server fills these in, but only in text/html.
    const script = text
      .replace("'{{__TRUNK_ADDRESS__}}'", "window.location.host")
      .replace("{{__TRUNK_WS_BASE__}}", "/");
    await writeFile(join(folder, name), script);
  }
  if (inline.length > 0) await writeFile(page, moved);
}

async function minifyScripts() {
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((name) => name.endsWith(".js") && name !== "editor.js")) {
    const path = join(folder, name);
    const { code } = await transform(await readFile(path, "utf8"), {
      minify: true,
      format: "esm",
      target: "es2022",
      legalComments: "none",
    });
    await writeFile(path, code);
  }
}

await moveInlineScripts();
if (release) {
  await minifyScripts();
  await part(folder);
}
