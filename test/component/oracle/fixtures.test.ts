/**
 * Job: jco's own fixture components, with generated arguments and answers of the host: the same results on our linker, metered,
 * as on plain jco. Their checkout is found as those of the other suites are.
 * Never: a component that jco's own tests do not trust: its generated code is executed.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyHost, Linked } from "../../../fixtures/components/link.ts";
import type { Type } from "../../../packages/host/src/component/abi/types.ts";
import type { ExportedFunction, FunctionType } from "../../../packages/host/src/component/index.ts";
import type { Resolve } from "../../../packages/host/src/component/link/supplier.ts";
import type { HostInstance } from "../../../packages/host/src/component/value.ts";
import { suitesFolder } from "../conformance/scripts.ts";
import { runOnJco, shapesOf } from "./engines.ts";
import type { JcoTrial } from "./jco.ts";
import { type Call, fromJson, type Json, toJson } from "./trial.ts";

const suites = suitesFolder();
const folder = suites && join(suites, "jco/packages/jco-transpile/test/fixtures/components/runtime");
if (folder === null || !existsSync(folder))
  console.warn("SKIPPED: jco's fixture components: set CAPSULE_COMPONENT_TESTS (see CONTRIBUTING.md)");
const files = folder !== null && existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".wasm")) : [];
test.skipIf(files.length > 0)(
  "jco's fixture components are skipped: CAPSULE_COMPONENT_TESTS names no checkout of jco",
  () => {},
);

/** Numbers that are the same on every machine. */
function sequence(seed: string): (below: number) => number {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Null where a value would be a handle. */
function generate(type: Type, next: (below: number) => number): Json | undefined {
  const all = (of: readonly Type[]): Json[] | undefined => {
    const values = of.map((each) => generate(each, next));
    return values.includes(undefined) ? undefined : (values as Json[]);
  };
  const tagged = (tag: string, of: Type | null): Json | undefined => {
    if (of === null) return { tag };
    const val = generate(of, next);
    return val === undefined ? undefined : { tag, val };
  };
  switch (type.kind) {
    case "bool":
      return next(2) === 1;
    case "u8":
    case "u16":
    case "u32":
      return next(2 ** Number(type.kind.slice(1)));
    case "s8":
    case "s16":
    case "s32":
      return next(2 ** Number(type.kind.slice(1))) - 2 ** (Number(type.kind.slice(1)) - 1);
    case "u64":
      return String(BigInt(next(2 ** 32)) * BigInt(next(2 ** 32)));
    case "s64":
      return String(BigInt(next(2 ** 32)) * BigInt(next(2 ** 31)) - 2n ** 62n);
    case "f32":
    case "f64":
      return next(2 ** 20) / 64 - 5000;
    case "char":
      return ["a", "ß", "€", "🚩"][next(4)]!;
    case "string":
      return "añ🚩 x".repeat(next(4)) + next(100);
    case "list":
      return type.length === null ? all(Array.from({ length: next(4) }, () => type.element)) : undefined;
    case "tuple":
      return all(type.elements);
    case "record": {
      const values = all(type.fields.map((field) => field.type));
      return values && Object.fromEntries(type.fields.map(({ name }, i) => [name, values[i]!]));
    }
    case "flags":
      return type.names.filter(() => next(2) === 1).sort();
    case "enum":
      return type.names[next(type.names.length)]!;
    case "option": {
      const value = generate(type.element, next);
      if (value === undefined || next(3) === 0) return value === undefined ? undefined : null;
      return type.element.kind === "option" ? { some: value } : value;
    }
    case "variant": {
      const { name, type: of } = type.cases[next(type.cases.length)]!;
      return tagged(name, of);
    }
    case "result":
      return next(2) === 0 ? tagged("ok", type.ok) : tagged("err", type.error);
    default:
      return undefined;
  }
}

interface Callable {
  /** An interface; "": the component itself. */
  readonly within: string;
  readonly name: string;
  readonly callable: ExportedFunction;
}

function functionsOf({ instance }: Linked): Callable[] {
  return [...instance.exports].flatMap(([name, item]): Callable[] => {
    if (item.kind === "func") return [{ within: "", name, callable: item }];
    if (item.kind !== "instance") return [];
    return [...item.exports].flatMap(([of, inner]) =>
      inner.kind === "func" ? [{ within: name, name: of, callable: inner }] : [],
    );
  });
}

for (const file of files)
  test(`jco's ${file}`, ({ skip }) => {
    const path = join(folder!, file);
    const bytes = readFileSync(path);
    const resources: string[] = [];
    const all = functionsOf(new Linked(bytes, open({}, [], resources)));
    if (resources.length > 0) return skip(`imports resources: ${resources.join(", ")}`);
    // An imported interface that is exported too has the same functions: their types say what to answer.
    const answers: Answers = {};
    for (const { within, name, callable } of all) {
      const { result } = callable.type;
      const of = result?.kind === "result" ? result.ok : result;
      const value = of === null ? null : generate(of, sequence(name));
      if (value === undefined) return skip(`${name} answers a handle`);
      answers[within] = { ...answers[within], [name]: { type: result, value } };
    }
    // The one with most functions.
    const within = Object.keys(answers).sort(
      (one, other) => Object.keys(answers[other]!).length - Object.keys(answers[one]!).length,
    )[0];
    if (within === undefined) return skip("exports no functions");
    const log: string[] = [];
    const start = () => new Linked(bytes, open(answers, log));
    let linked = start();
    const calls: Call[] = [];
    const types: FunctionType[] = [];
    const results: Json[] = [];
    for (const { name, callable } of all.filter((each) => each.within === within && !each.name.startsWith("[")))
      for (const round of [1, 2, 3]) {
        const { parameters, result } = callable.type;
        const args = parameters.map(({ type }) => generate(type, sequence(`${name}${round}`)));
        if (args.includes(undefined)) continue;
        calls.push({ name, args: args as Json[] });
        types.push(callable.type);
        try {
          const values = args.map((arg, i) => fromJson(parameters[i]!.type, arg!));
          const value = linked.function(within, name).call(...values);
          results.push(result === null ? null : toJson(result, value!));
        } catch (error) {
          // An import whose type nobody knows here.
          if (/is called$/.test(String(error))) return skip(String(error));
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
          results.push("trap");
          linked = start();
        }
      }
    const shaped = Object.entries(answers).map(([of, functions]) => {
      const shapes = Object.entries(functions).map(([name, { type, value }]) => {
        const { result } = shapesOf({ kind: "func", id: 0, parameters: [], result: type });
        return [name, { type: result, value }] as const;
      });
      return [of, Object.fromEntries(shapes)] as const;
    });
    const trial: JcoTrial = {
      kind: "calls",
      component: path,
      interface: within,
      calls,
      types: types.map(shapesOf),
      answers: { ...Object.fromEntries(shaped), testwasi: {} },
      fuel: false,
      counter: false,
    };
    const [theirs] = runOnJco([trial]);
    const lacks = /undefined instance import|as it is undefined/.exec(String((theirs as { error?: string }).error));
    if (lacks !== null) return skip("imports functions that it does not export, of types not known here");
    expect(theirs).toEqual({ results, fuel: [], log });
    expect(results.length).toBeGreaterThan(0);
  });

type Answers = Record<string, Record<string, { readonly type: Type | null; readonly value: Json }>>;

/** A host that answers what was generated, and notes that it was asked, and for which resources. */
function open(answers: Answers, log: string[] = [], resources: string[] = []): Resolve {
  return (name, wanted) => {
    if (wanted.kind === "resource") resources.push(name);
    if (wanted.kind !== "instance")
      return emptyHost(name, wanted) ?? (wanted.kind === "func" ? () => undefined : { drop: () => {} });
    if (!name.startsWith("wasi:")) resources.push(...wanted.resources);
    const { functions, resources: given } = emptyHost(name, wanted) as HostInstance;
    const all = new Map(functions);
    for (const [each, { type, value }] of Object.entries(answers[name] ?? {}))
      all.set(each, (...args) => {
        log.push(`${each} of ${args.length}`);
        const of = type?.kind === "result" ? type.ok : type;
        const answer = of === null ? undefined : fromJson(of, value);
        return type?.kind !== "result" ? answer : of === null ? { tag: "ok" } : { tag: "ok", val: answer! };
      });
    return { functions: all, resources: given };
  };
}
