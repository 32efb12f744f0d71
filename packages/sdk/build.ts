/** Job: bundle the prelude of JavaScript sandboxes into dist/prelude.js. Never: run at a user's. */
import { join } from "node:path";
import { build } from "esbuild";

const guest = join(import.meta.dirname, "guest");

await build({
  entryPoints: [join(guest, "core/main.ts")],
  outfile: join(import.meta.dirname, "dist/prelude.js"),
  bundle: true,
  // The streams of Node as their package carries them, without the wrapper that asks for Node's own; and what npm packages
  // ask for as Node's modules is what programs get as such.
  alias: {
    "readable-stream": "readable-stream/lib/ours/browser.js",
  },
  plugins: [
    {
      name: "process",
      setup: ({ onResolve }) => onResolve({ filter: /^process\/?$/ }, () => ({ path: join(guest, "node/process.ts") })),
    },
  ],
  format: "iife",
  platform: "neutral",
  mainFields: ["browser", "module", "main"],
  target: "es2023",
  // What an image holds is bytecode with names and lines; names of functions are seen in stacks.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "inline",
  logLevel: "warning",
});
