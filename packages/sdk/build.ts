/** Job: bundle the prelude of JavaScript sandboxes into dist/prelude.js. Never: run at a user's. */
import { join } from "node:path";
import { build } from "esbuild";

await build({
  entryPoints: [join(import.meta.dirname, "guest/core/main.ts")],
  outfile: join(import.meta.dirname, "dist/prelude.js"),
  bundle: true,
  // The streams of Node as their package carries them, without the wrapper that asks for Node's own.
  alias: { "readable-stream": "readable-stream/lib/ours/browser.js" },
  format: "iife",
  platform: "neutral",
  mainFields: ["browser", "module", "main"],
  target: "es2023",
  legalComments: "inline",
  logLevel: "warning",
});
