/** Job: say what a file is, declares and would get, without running a task of it. Never: decide a policy in another way than a run does. */
import type { ComponentFacts, EngineName, ModuleFacts, Program } from "../engine/interface.ts";
import { type PolicyJson, policyToJson } from "../policy/describe.ts";
import { type PlainOptions, plainOptions } from "../policy/plain.ts";
import { type PolicyRequest, resolvePolicy } from "../policy/resolve.ts";
import { entryName, entryOf, type Plan } from "../program/plan.ts";

export interface Inspection {
  readonly engine: EngineName;
  /** Name of what a run begins with; null: nothing, name an export. */
  readonly entry: string | null;
  /** In the order of their declaration. */
  readonly tasks: readonly {
    readonly name: string;
    /** As the program says it, before defaults and ceilings. */
    readonly declared: PlainOptions;
    /** What it would get. */
    readonly policy: PolicyJson;
  }[];
  /** What runs that declares nothing: a script, a function `main`, a core module, a component. */
  readonly undeclared: PolicyJson;
  /** How the top level broke off when the tasks were collected without rights; null: it came to its end. */
  readonly incomplete: string | null;
  /** Least `ram` to start with, in bytes. */
  readonly minimumMemoryBytes: number;
  /** Of a core module. */
  readonly module: ModuleFacts | null;
  /** Of a component. */
  readonly component: ComponentFacts | null;
}

/** @throws CapsuleError `invalid_config` where a run would be refused for its policy */
export function inspectProgram(program: Program, plan: Plan, request: PolicyRequest): Inspection {
  const module = program.facts?.() ?? null;
  const component = program.world?.() ?? null;
  const isLibrary =
    component === null
      ? module !== null && !module.exports.some(({ name }) => name === "_start")
      : component.runs === null;
  return {
    engine: program.engine,
    entry: isLibrary ? null : entryName(entryOf(plan, null)),
    tasks: [...plan.tasks].map(([name, declared]) => ({
      name,
      declared: plainOptions(declared),
      policy: policyToJson(resolvePolicy({ ...request, declared })),
    })),
    undeclared: policyToJson(resolvePolicy(request)),
    incomplete: plan.incomplete,
    minimumMemoryBytes: program.minimumMemoryBytes,
    module,
    component,
  };
}
