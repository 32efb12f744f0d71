/**
 * Job: a program's plan: its declared tasks with their options checked, and what a run begins with.
 * Never: take anything at call time that was not declared; the text read here comes out of a sandbox and is checked as such.
 */
import type { Entry } from "../engine/interface.ts";
import { CapsuleError } from "../errors.ts";
import { type PolicyOptions, parseTaskOptions } from "../policy/options.ts";
import { quote } from "../policy/problem.ts";

export interface Plan {
  /** Name → options, in the order of declaration. */
  readonly tasks: ReadonlyMap<string, PolicyOptions>;
  /** The program has a plain function `main`. */
  readonly hasMain: boolean;
  /** Whether declarations are possible at all; a core module has none. */
  readonly declares: boolean;
  /** How the top level broke off when the tasks were to be collected; null: it came to its end. */
  readonly incomplete: string | null;
  /** What the engine has made of the program on the way, in its own words, for its own jobs. */
  readonly compiled?: string;
}

/** The plan of what can declare nothing. */
export const emptyPlan: Plan = { tasks: new Map(), hasMain: false, declares: false, incomplete: null };

/** 1000 tasks with long lists; the host's own thread reads it, so that much more would hold up everything else. */
const mostTextLength = 2 * 1024 * 1024;

/**
 * Reads what a discovery run reported: `{"tasks": [{"name": "…", "options": {…}}, …], "main": true | false}`, and
 * perhaps `"compiled": "…"`.
 * @throws CapsuleError `invalid_config` for an option that is wrong, or a name that is declared twice
 */
export function readPlan(text: string): Plan {
  if (text.length > mostTextLength) {
    throw new CapsuleError(
      "invalid_config",
      `the program's declarations are ${text.length} characters of JSON; at most ${mostTextLength} are read`,
    );
  }
  const said: unknown = JSON.parse(text);
  if (!isRecord(said) || !Array.isArray(said["tasks"]) || said["tasks"].length > 1000) {
    throw new CapsuleError("internal_error", "the engine's runner did not list the program's tasks");
  }
  const tasks = new Map<string, PolicyOptions>();
  for (const entry of said["tasks"] as readonly unknown[]) {
    const { name, options } = isRecord(entry) ? entry : {};
    const where = typeof name === "string" && name !== "" ? `task ${quote(name)}` : `task ${tasks.size + 1}`;
    const declared = parseTaskOptions({ ...(isRecord(options) ? options : {}), name }, where);
    if (declared.name === null) throw new CapsuleError("invalid_config", `${where} has no name; give it one`);
    if (tasks.has(declared.name)) {
      throw new CapsuleError("invalid_config", `${where} is declared twice; give each task a name of its own`);
    }
    tasks.set(declared.name, declared.options);
  }
  const { compiled } = said;
  return {
    tasks,
    hasMain: said["main"] === true,
    declares: true,
    incomplete: null,
    ...(typeof compiled === "string" ? { compiled } : {}),
  };
}

/**
 * What a run begins with: the wanted task; else the task `main`, a function `main`, the first task, the top level.
 * @throws CapsuleError `invalid_config` when the wanted task is not declared
 */
export function entryOf(plan: Plan, wanted: string | null): Entry {
  if (wanted !== null) {
    if (plan.tasks.has(wanted)) return { kind: "task", name: wanted };
    if (wanted === "main" && plan.hasMain) return { kind: "main" };
    const names = [...plan.tasks.keys()].map(quote).join(", ");
    const why =
      plan.incomplete === null
        ? ""
        : `; the top level was run without rights to collect the tasks, and ${plan.incomplete}`;
    throw new CapsuleError("invalid_config", `there is no task ${quote(wanted)}; declared: ${names || "none"}${why}`);
  }
  if (plan.tasks.has("main")) return { kind: "task", name: "main" };
  if (plan.hasMain) return { kind: "main" };
  const [first] = plan.tasks.keys();
  return first === undefined ? { kind: "script" } : { kind: "task", name: first };
}

/** How an execution is called: by its task, its export, or the file's own part. */
export function entryName(entry: Entry): string {
  switch (entry.kind) {
    case "task":
    case "export":
      return entry.name;
    case "main":
    case "script":
      return "main";
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
