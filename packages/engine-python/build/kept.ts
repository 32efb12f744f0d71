/** Job: a finished engine kept in the cache folder, by what it was made from, for the next clone on this machine. Never: trust it unchecked. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "./steps.ts";

export interface Kept {
  /** The folder in the cache. */
  readonly name: string;
  /** The folders that hold everything that decides the bytes. */
  readonly recipe: readonly string[];
}

export function recipeOf(kept: Kept): string {
  const hash = createHash("sha256");
  for (const folder of kept.recipe)
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      const path = join(folder, name);
      if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
    }
  return hash.digest("hex").slice(0, 32);
}

const folderOf = (workspace: Workspace, kept: Kept) => join(workspace.folder, kept.name, recipeOf(kept));

/** Puts a copy of `dist` aside; older ones make room. */
export function keep(workspace: Workspace, dist: string, kept: Kept): void {
  rmSync(join(workspace.folder, kept.name), { recursive: true, force: true });
  cpSync(dist, folderOf(workspace, kept), { recursive: true });
}

/** Copies what was kept to `next`, unless nothing was kept by this recipe. CPython's source must be there too: its tests are run. */
export function restore(workspace: Workspace, next: string, kept: Kept): boolean {
  const folder = folderOf(workspace, kept);
  if (!existsSync(folder) || !existsSync(join(workspace.folder, "source/Lib/test"))) return false;
  rmSync(next, { recursive: true, force: true });
  cpSync(folder, next, { recursive: true });
  return true;
}
