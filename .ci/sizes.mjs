// Prints what the built page weighs, by part; says where that is above the goal, and fails where it has grown.
// usage: node .ci/sizes.mjs [folder]
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

// Brotli, in bytes of 1024 to the KB: what must arrive before the stage moves, and all there is with the editor.
// The goals, and what is never to be exceeded: lower the latter whenever the page becomes lighter.
const GOALS = { first: 250, all: 400 };
const LIMITS = { first: 500, all: 970 };

// Fetched after the stage moves, or on demand: not part of what must arrive first.
const LATER = [/_rest\.wasm$/, /^editor\.js$/, /^scenarios\//];

const folder = process.argv[2] ?? "dist";

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
}

async function weigh() {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const files = [];
  for (const name of names) {
    if (!(await stat(join(folder, name))).isFile()) continue;
    const bytes = await readFile(join(folder, name));
    const later = LATER.some((pattern) => pattern.test(name));
    files.push({ name, later, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli(bytes) });
  }
  return files;
}

const sum = (name, files) => ({
  name,
  raw: files.reduce((total, file) => total + file.raw, 0),
  gzip: files.reduce((total, file) => total + file.gzip, 0),
  brotli: files.reduce((total, file) => total + file.brotli, 0),
});

const kb = (bytes) => (bytes / 1024).toFixed(1).padStart(9);
const line = ({ name, raw, gzip, brotli }) => console.log(`${name.padEnd(44)}${kb(raw)}${kb(gzip)}${kb(brotli)}`);

const files = await weigh();
const first = sum("before the stage moves", files.filter((file) => !file.later));
const all = sum("everything", files);
console.log(`${"KB".padEnd(44)}${"raw".padStart(9)}${"gzip".padStart(9)}${"brotli".padStart(9)}`);
for (const file of files) line({ ...file, name: file.later ? `${file.name} (later)` : file.name });
console.log("-".repeat(71));
line(first);
line(all);

const totals = { first, all };
const above = (bounds) => Object.keys(bounds).filter((key) => totals[key].brotli > bounds[key] * 1024);
for (const key of above(GOALS)) console.error(`above the goal of ${GOALS[key]} KB in brotli: ${totals[key].name}`);
const over = above(LIMITS);
for (const key of over) console.error(`TOO HEAVY: ${totals[key].name} is more than ${LIMITS[key]} KB in brotli`);
if (files.length === 0) console.error(`nothing in ${folder}: run 'make build' first`);
process.exit(over.length > 0 || files.length === 0 ? 1 : 0);
