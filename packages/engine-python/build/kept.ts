/** Job: a finished engine kept in the cache folder, by what it was made from, for the next clone on this machine. Never: trust it unchecked. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "./steps.ts";

const here = import.meta.dirname;

/** Everything that decides the bytes of an engine lies beside this file. */
function recipe(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(here, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(here, name);
    if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 32);
}

const folderOf = (workspace: Workspace) => join(workspace.folder, "finished", recipe());

/** Puts a copy of `dist` aside; older ones make room. */
export function keep(workspace: Workspace, dist: string): void {
  rmSync(join(workspace.folder, "finished"), { recursive: true, force: true });
  cpSync(dist, folderOf(workspace), { recursive: true });
}

/** Copies what was kept to `next`, unless nothing was kept by this recipe. CPython's source must be there too: its tests are run. */
export function restore(workspace: Workspace, next: string): boolean {
  const kept = folderOf(workspace);
  if (!existsSync(kept) || !existsSync(join(workspace.folder, "source/Lib/test"))) return false;
  rmSync(next, { recursive: true, force: true });
  cpSync(kept, next, { recursive: true });
  return true;
}
