/**
 * Job: hold the plain pass against Wasmtime's answers on the generated modules, and say of every module that it cannot meter
 * why: fuzzers emit what compilers do not, and Binaryen does not take all of it.
 * Never: let a wrong number through: a module is metered exactly, or refused by a typed error, or of a class named here.
 */
import { InstrumentError, type Instrumented } from "@capsule-run/instrument";
import { instrumentPlain } from "@capsule-run/instrument/binaryen";
import { expect, test } from "vitest";
import { type CorpusModule, corpus, corpusBudget, profiles, type StoredCall } from "../corpus/corpus.ts";
import { deviations } from "../corpus/deviations.ts";
import { decode } from "../oracle/decode.ts";
import { bare, bits, instantiate, metered, type Outcome } from "../support/run.ts";

/** Binaryen's C API gives no access to these nodes. */
const closed = "uses try_table, throw_ref, table.fill, table.copy or table.init";
const mixed = "copies between a 32-bit and a 64-bit memory, which Binaryen's reader fails at";
/** With or without our changes: Binaryen's own round trip is. */
const invalid = "what Binaryen writes of it is not valid";
/** Binaryen groups imports by kind, so they are asked for in another order. */
const regrouped = "imports one name twice, as different kinds";

/**
 * How many modules of each profile fall into each class. A change of Binaryen may move them; a mistake of ours makes a
 * class of its own. Of the modules that Binaryen's tree can hold, none differs in fuel.
 */
const expected: Readonly<Record<(typeof profiles)[number], Readonly<Record<string, number>>>> = {
  mvp: { agrees: 476, [closed]: 15, [invalid]: 8, [regrouped]: 2 },
  full: { agrees: 1, [closed]: 397, [mixed]: 7 },
  large: { agrees: 27, [closed]: 25, [invalid]: 8, [regrouped]: 1 },
};

/** What instrumentPlain says → class. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/does not meter Binaryen's/, closed],
  [/Binaryen cannot read this module/, mixed],
  [/Binaryen writes this module/, invalid],
];

function classOfRefusal(error: unknown): string {
  if (!(error instanceof InstrumentError)) return `untyped error: ${error}`;
  return refusals.find(([pattern]) => pattern.test(error.message))?.[1] ?? `refused: ${error.message}`;
}

const importsOneNameTwice = (compiled: WebAssembly.Module): boolean => {
  const names = WebAssembly.Module.imports(compiled).map(({ module, name }) => JSON.stringify([module, name]));
  return new Set(names).size < names.length;
};

const argument = (type: string) => (type === "i64" ? 1n : type.startsWith("f") ? 1.5 : 1);

function agrees(stored: StoredCall, outcome: Outcome): boolean {
  const host = outcome.host.map(([name, consumed]) => [name, Number(consumed)]);
  if (JSON.stringify(host) !== JSON.stringify(stored.host)) return false;
  if (stored.trap !== undefined) return outcome.kind === (stored.trap === "exception" ? "exception" : "trap");
  if (outcome.kind !== "returned" || outcome.consumed !== BigInt(stored.fuel)) return false;
  const values = outcome.values.map((value, i) => [stored.results![i]![0], bits(stored.results![i]![0], value)]);
  return JSON.stringify(values) === JSON.stringify(stored.results);
}

async function classOf(module: CorpusModule): Promise<string> {
  let result: Instrumented;
  try {
    result = await instrumentPlain(module.bytes);
  } catch (error) {
    return classOfRefusal(error);
  }
  const decoded = decode(module.bytes);
  const subject = metered("import", result);
  const { start } = instantiate(decoded, subject, corpusBudget);
  if (start.kind === "link" && importsOneNameTwice(subject.compiled)) return regrouped;
  const unmetered = instantiate(decoded, bare(module.bytes), corpusBudget).start;
  if (start.kind !== unmetered.kind)
    return `${module.name}: start ended as ${start.kind}, unmetered as ${unmetered.kind}`;
  if (start.kind !== "returned") return "agrees";
  if (
    module.start.fuel !== undefined &&
    deviations[`${module.name} start`] === undefined &&
    start.consumed !== BigInt(module.start.fuel)
  )
    return `start: fuel ${start.consumed}, wanted ${module.start.fuel}`;
  for (const stored of module.calls) {
    const outcome = instantiate(decoded, subject, corpusBudget).call(
      stored.export,
      stored.args.map(argument),
      corpusBudget,
    );
    if (!agrees(stored, outcome))
      return `${module.name} ${JSON.stringify(stored.export)}: wanted ${JSON.stringify(stored)}, got ${outcome.kind}, fuel ${outcome.consumed}`;
  }
  return "agrees";
}

for (const profile of profiles) {
  const modules = corpus(profile);
  test.skipIf(modules === null)(
    `${profile}: the plain pass counts as Wasmtime does, or says why it does not meter`,
    async () => {
      const classes: Record<string, number> = {};
      for (const module of modules ?? []) {
        const name = await classOf(module);
        classes[name] = (classes[name] ?? 0) + 1;
      }
      expect(classes).toEqual(expected[profile]);
    },
  );
}
