/** Job: the shape of a converted specification script and where the scripts are. Never: run them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { unpacked } from "../support/shared.ts";

export interface Value {
  readonly type: string;
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
  /** Of type `either`. */
  readonly values?: readonly Value[];
}
export interface Action {
  readonly type: "invoke" | "get";
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly Value[];
}
export interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly filename?: string;
  readonly binary_filename?: string;
  readonly module_type?: "binary" | "text";
  readonly as?: string;
  readonly instance?: string;
  readonly module?: string;
  readonly action?: Action;
  readonly expected?: readonly Value[];
  readonly text?: string;
}
export interface Script {
  /** Path below the folder of the tests, without `.json`. */
  readonly name: string;
  readonly commands: readonly Command[];
  readonly read: (file: string) => Uint8Array<ArrayBuffer>;
}

/** All scripts in order of their names; null, said aloud, where they are missing. */
export function scripts(): Script[] | null {
  const root = unpacked("spec/spec.tar.gz");
  if (root === null) return null;
  const files: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder).sort()) {
      const path = join(folder, entry);
      if (statSync(path).isDirectory()) walk(path);
      else if (entry.endsWith(".json")) files.push(path);
    }
  };
  walk(root);
  return files.map((file) => ({
    name: relative(root, file).replace(/\.json$/, ""),
    commands: (JSON.parse(readFileSync(file, "utf8")) as { commands: Command[] }).commands,
    read: (module) => new Uint8Array(readFileSync(join(file.replace(/\.json$/, ""), module))),
  }));
}
