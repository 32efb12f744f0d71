/**
 * Job: where scripts of the component model are: our own beside this file, and the folder of the others' that
 * CAPSULE_COMPONENT_TESTS names, or the tests' cache. Never: run them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../support/shared.ts";
import { type Command, readScript } from "./script.ts";

export interface Script {
  /** Path below its folder, without `.wast`. */
  readonly name: string;
  readonly commands: readonly Command[];
}

function scriptsBelow(folder: string): Script[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => file.endsWith(".wast"))
    .sort()
    .map((file) => ({ name: file.slice(0, -5), commands: readScript(readFileSync(join(folder, file), "utf8")) }));
}

export const ownScripts = (): Script[] => scriptsBelow(join(import.meta.dirname, "own"));

/** Checkouts of others, by the names of their repositories. */
export const suites = {
  "component-model": "test",
  wasmtime: "tests/misc_testsuite/component-model",
} as const;

/** The folder with the checkouts; null: there is none. */
export function suitesFolder(): string | null {
  const named = process.env["CAPSULE_COMPONENT_TESTS"];
  const folder = named ?? join(cacheFolder(), "component-tests");
  return existsSync(folder) ? folder : null;
}

export function suite(name: keyof typeof suites): Script[] | null {
  const folder = suitesFolder();
  const scripts = folder && join(folder, name, suites[name]);
  return scripts && existsSync(scripts) ? scriptsBelow(scripts) : null;
}
