// Bundles the editor (CodeMirror 6) into one local module, `editor.js`, that the page imports once its stage moves.
// trunk runs this before every build (Trunk.toml); by hand: `node .ci/bundle.mjs [folder]`.
import { build } from "esbuild";
import { join } from "node:path";

const folder = process.env.TRUNK_STAGING_DIR ?? process.argv[2] ?? "dist";
const release = process.env.TRUNK_PROFILE !== "debug";

await build({
  entryPoints: ["src/ui/editor/editor.js"],
  outfile: join(folder, "editor.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: release,
  sourcemap: release ? false : "inline",
  legalComments: "none",
  logLevel: "warning",
});
