#!/usr/bin/env node
/** Job: check Node's version, in syntax that any Node reads, then start the CLI. Never: anything else. */
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "capsule: Node " +
      process.versions.node +
      " is too old: Capsule needs Node 24 or newer. Install it from your package manager, or run `npx -p node@24 capsule`.\n",
  );
  process.exitCode = 2;
} else {
  import("../dist/main.js").then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      process.stderr.write(`capsule: its own files cannot be loaded; in a clone, run npm ci first: ${error.message}\n`);
      process.exitCode = 2;
    },
  );
}
