#!/usr/bin/env node
/** Job: check Node's version, in syntax that any Node reads, then start the CLI with V8's code cache. Never: anything else. */
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    "capsule: Node " +
      process.versions.node +
      " is too old: Capsule needs Node 24 or newer. Install it, or use the one that npm ci brings into a clone: `npx capsule` there, or its node_modules/.bin first in PATH.\n",
  );
  process.exitCode = 2;
} else {
  keepCompiledCode();
  import("../dist/main.js").then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      process.stderr.write(`capsule: its own files cannot be loaded; in a clone, run npm ci first: ${error.message}\n`);
      process.exitCode = 2;
    },
  );
}

/**
 * What V8 made of these files is kept in the cache (the same folder as `defaultCacheFolder`). It is code of this process, so
 * the folder must be ours alone; where it is not, or cannot be made, the files are compiled again each time.
 */
function keepCompiledCode() {
  const { mkdirSync, lstatSync } = process.getBuiltinModule("fs");
  const { isAbsolute, join } = process.getBuiltinModule("path");
  const base = process.env.XDG_CACHE_HOME;
  try {
    const caches = base && isAbsolute(base) ? base : join(process.getBuiltinModule("os").homedir(), ".cache");
    // HOME may be empty: the folder that we are in is a project's, and its files are not ours to run.
    if (!isAbsolute(caches)) return;
    const folder = join(caches, "capsule", "code");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isOurs = (path) => {
      const found = lstatSync(path);
      if (!found.isDirectory()) return false;
      return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
    };
    // Who can write to the folder above can put another in its place.
    if (isOurs(join(caches, "capsule")) && isOurs(folder))
      process.getBuiltinModule("module").enableCompileCache(folder);
  } catch {
    // A home that is read-only, or none.
  }
}
