/** Job: the other engines, as processes that answer trials: Wasmtime by its Python wheel, jco in Node. Never: judge. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { wasmtimeVersion } from "../../../bench/support/contest.ts";
import { wheel } from "../../../bench/support/packages.ts";
import type { FunctionType, Type } from "../../../packages/host/src/component/abi/types.ts";
import type { JcoTrial, Shape } from "./jco.ts";
import type { CallsAnswer, CallsTrial, CommandAnswer, CommandTrial } from "./trial.ts";

/** Where the wheel is; null, said aloud, where it cannot be had. */
export const wasmtime: string | null = (() => {
  try {
    return wheel("wasmtime", wasmtimeVersion);
  } catch (error) {
    console.warn(`SKIPPED: Wasmtime ${wasmtimeVersion} cannot be had here: ${String(error).split("\n")[0]}`);
    return null;
  }
})();

type Answer<T> = T extends CallsTrial ? CallsAnswer : CommandAnswer;

/** Each trial on a store of its own. */
export function runOnWasmtime<T extends CallsTrial | CommandTrial>(trials: readonly T[]): Answer<T>[] {
  const env = { ...process.env, PYTHONPATH: wasmtime! };
  return ask("python3", [join(import.meta.dirname, "trials.py")], trials, env);
}

const jco = (args: readonly string[]) => ["--no-warnings", join(import.meta.dirname, "jco.ts"), ...args];

export function runOnJco(trials: readonly JcoTrial[]): CallsAnswer[] {
  return ask(process.execPath, jco([]), trials, process.env);
}

export function commandOnJco(trial: CommandTrial): Pick<CommandAnswer, "code" | "stdout" | "stderr"> {
  const given = JSON.stringify(trial);
  const options = { input: trial.stdin, encoding: "utf8", env: {} } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, jco([trial.component, given]), options);
  return { code: status, stdout, stderr };
}

function ask<T, A>(program: string, args: readonly string[], trials: readonly T[], env: NodeJS.ProcessEnv): A[] {
  const input = trials.map((trial) => `${JSON.stringify(trial)}\n`).join("");
  const { stdout, stderr } = spawnSync(program, args, { input, env, encoding: "utf8", maxBuffer: 1 << 28 });
  const answers = stdout.split("\n").filter((line) => line !== "");
  if (answers.length !== trials.length) throw new Error(`${args[0]} gave ${answers.length} answers: ${stderr}`);
  return answers.map((line) => JSON.parse(line) as A);
}

/** A function's types as jco's side needs them. */
export const shapesOf = (type: FunctionType | null): JcoTrial["types"][number] => ({
  parameters: type?.parameters.map(({ type }) => shapeOf(type)) ?? [],
  result: type?.result ? shapeOf(type.result) : null,
});

function shapeOf(type: Type): Shape {
  const maybe = (of: Type | null) => of && shapeOf(of);
  switch (type.kind) {
    case "list":
    case "option":
      return { kind: type.kind, element: shapeOf(type.element) };
    case "tuple":
      return { kind: "tuple", elements: type.elements.map(shapeOf) };
    case "record":
      return { kind: "record", fields: type.fields.map(({ name, type }) => ({ name, type: shapeOf(type) })) };
    case "flags":
      return { kind: "flags", names: type.names };
    case "variant":
      return { kind: "variant", cases: type.cases.map(({ name, type }) => ({ name, type: maybe(type) })) };
    case "result":
      return { kind: "result", ok: maybe(type.ok), error: maybe(type.error) };
    case "own":
    case "borrow":
    case "u64":
    case "s64":
      return { kind: type.kind };
    default:
      return { kind: "other" };
  }
}
