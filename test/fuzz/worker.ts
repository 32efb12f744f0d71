/**
 * Job: try seeds in a thread of its own, so that a metered module or a rewriter that hangs can be ended from outside.
 * Never: decide which seeds.
 */
import { parentPort } from "node:worker_threads";
import { InstrumentError, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { decodeComponent, describeComponent, instrumentComponent } from "@capsule-run/instrument/component";
import { compare, compareReentrant } from "./compare.ts";
import { components } from "./components.ts";
import { generate } from "./generate.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

export type Kind = "generated" | "mutated" | "component";
export interface Job {
  readonly kind: Kind;
  readonly seed: number;
}
export interface Result extends Job {
  readonly failures: readonly string[];
}

/** Valid stays valid, invalid is a typed error with a place in the input. */
function damaged(seed: number): string[] {
  const random = new Random(seed);
  const bytes = mutate(generate(random.below(5000)), random);
  const options: InstrumentOptions = random.pick([
    {},
    { global: "export", fuel: 1000n },
    { memory: "import" },
    { maxMemory: 1 << 20 },
    { features: { gc: true, relaxedSimd: true } },
  ] as const);
  const valid = WebAssembly.validate(bytes);
  try {
    const { bytes: out } = instrument(bytes, options);
    if (!valid) return ["an invalid module was metered"];
    return WebAssembly.validate(out as Uint8Array<ArrayBuffer>) ? [] : ["the metered module is invalid"];
  } catch (error) {
    if (!(error instanceof InstrumentError)) return [`untyped error: ${(error as Error).stack}`];
    const { code, offset, message } = error;
    if (offset !== null && (offset < 0 || offset > bytes.length))
      return [`offset ${offset} of ${bytes.length}: ${message}`];
    if (code === "malformed" && offset === null) return [`malformed, but where? ${message}`];
    if (valid && (code === "malformed" || code === "invalid")) return [`V8 takes it, and yet: ${code}: ${message}`];
    return [];
  }
}

const bases = Object.values(await components());

/** A damaged component is read, metered and described, or refused by a typed error with a place in the input. */
function damagedComponent(seed: number): string[] {
  const random = new Random(seed);
  const bytes = mutate(random.pick(bases), random);
  for (const run of [
    () => describeComponent(decodeComponent(bytes).component),
    () => {
      const { bytes: out } = instrumentComponent(bytes, { fuel: 1000n });
      for (const module of decodeComponent(out).modules)
        if (!WebAssembly.validate(module as Uint8Array<ArrayBuffer>)) throw new Error("a metered module is invalid");
    },
  ])
    try {
      run();
    } catch (error) {
      if (!(error instanceof InstrumentError)) return [`untyped error: ${(error as Error).stack}`];
      const { code, offset, message } = error;
      if (offset !== null && (offset < 0 || offset > bytes.length))
        return [`offset ${offset} of ${bytes.length}: ${message}`];
      if (code === "malformed" && offset === null) return [`malformed, but where? ${message}`];
    }
  return [];
}

parentPort?.on("message", ({ kind, seed }: Job) => {
  let failures: string[];
  try {
    const bytes = kind === "generated" ? generate(seed) : null;
    if (kind === "component") failures = damagedComponent(seed);
    else if (bytes === null) failures = damaged(seed);
    else if (!WebAssembly.validate(bytes)) failures = ["the generator made an invalid module"];
    else if (seed % 4 === 1) failures = compareReentrant(bytes);
    else failures = compare(bytes, seed % 4 === 0 ? { forms: ["import"], extra: { memory: "import" } } : {});
  } catch (error) {
    failures = [`threw ${(error as Error).stack}`];
  }
  parentPort?.postMessage({ kind, seed, failures } satisfies Result);
});
