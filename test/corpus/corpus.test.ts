/**
 * Job: hold metered generated modules, run in V8, against the bare modules and against Wasmtime's stored answers.
 * Never: compare fuel after a trap (Wasmtime loses some there).
 */
import { type Instrumented, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { expect, test } from "vitest";
import { decode } from "../oracle/decode.ts";
import { bare, bits, instantiate, metered, type Outcome } from "../support/run.ts";
import { sameTrap } from "../support/trap.ts";
import { type CorpusModule, corpus, corpusBudget, profiles, type StoredCall } from "./corpus.ts";
import { deviations } from "./deviations.ts";

/** Equal up to the fuel; both ran in V8. */
function sameInV8(one: Outcome, other: Outcome): boolean {
  const plain = ({ host, consumed: _, ...rest }: Outcome) => [rest, host.map(([name]) => name)];
  try {
    expect(plain(one)).toEqual(plain(other));
    return true;
  } catch {
    return false;
  }
}

/** What differs from Wasmtime's answer; "" if nothing. */
function differs(stored: StoredCall, outcome: Outcome, fuel: boolean): string {
  if (stored.trap !== undefined) {
    const same =
      stored.trap === "exception"
        ? outcome.kind === "exception"
        : outcome.kind === "trap" && sameTrap(outcome.trap, stored.trap);
    if (!same) return `trap: wanted ${stored.trap}, got ${JSON.stringify(outcome.kind)}`;
  } else {
    if (outcome.kind !== "returned") return `wanted a result, got ${outcome.kind}`;
    const values = outcome.values.map((value, i) => [stored.results![i]![0], bits(stored.results![i]![0], value)]);
    if (JSON.stringify(values) !== JSON.stringify(stored.results)) return `results: ${JSON.stringify(values)}`;
    if (fuel && outcome.consumed !== BigInt(stored.fuel)) return `fuel: wanted ${stored.fuel}, got ${outcome.consumed}`;
  }
  const seen = outcome.host.map(([name, consumed]) => [name, fuel ? Number(consumed) : 0]);
  const wanted = stored.host.map(([name, consumed]) => [name, fuel ? consumed : 0]);
  if (JSON.stringify(seen) !== JSON.stringify(wanted))
    return `host calls: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(seen)}`;
  return "";
}

const argument = (type: string) => (type === "i64" ? 1n : type.startsWith("f") ? 1.5 : 1);

function check(module: CorpusModule, form: "bare" | "import" | "export", failures: string[]): void {
  const decoded = decode(module.bytes);
  const fail = (where: string, what: string) => {
    if (what !== "" && deviations[`${module.name} ${where}`] === undefined)
      failures.push(`${module.name} ${form} ${where}: ${what}`);
  };
  let subject = bare(module.bytes);
  const plain = subject;
  if (form !== "bare") {
    const options: InstrumentOptions = form === "export" ? { global: form, fuel: corpusBudget } : { global: form };
    let result: Instrumented;
    try {
      result = instrument(module.bytes, options);
    } catch (error) {
      fail("instrument", String(error));
      return;
    }
    if (!Buffer.from(instrument(module.bytes, options).bytes).equals(result.bytes))
      fail("instrument", "bytes are not deterministic");
    if (!WebAssembly.validate(result.bytes as Uint8Array<ArrayBuffer>)) {
      fail("instrument", "the metered module is invalid");
      return;
    }
    subject = metered(form, result);
  }
  const first = instantiate(decoded, subject, corpusBudget).start;
  const firstBare = instantiate(decoded, plain, corpusBudget).start;
  if (!sameInV8(first, firstBare)) {
    fail("start", `bare ${JSON.stringify(firstBare.kind)}, metered ${first.kind}`);
    return;
  }
  if (first.kind !== "returned") return;
  if (
    module.start.fuel !== undefined &&
    module.start.trap === undefined &&
    form !== "bare" &&
    first.consumed !== BigInt(module.start.fuel)
  )
    fail("start", `fuel: wanted ${module.start.fuel}, got ${first.consumed}`);
  for (const stored of module.calls) {
    const values = stored.args.map(argument);
    const outcome = instantiate(decoded, subject, corpusBudget).call(stored.export, values, corpusBudget);
    fail(JSON.stringify(stored.export), differs(stored, outcome, form !== "bare"));
    if (form === "bare") continue;
    const reference = instantiate(decoded, plain, corpusBudget).call(stored.export, values, corpusBudget);
    if (!sameInV8(outcome, reference))
      fail(JSON.stringify(stored.export), `bare ended ${reference.kind}, metered ${outcome.kind}`);
  }
}

for (const profile of profiles) {
  const modules = corpus(profile);
  for (const form of ["bare", "import", "export"] as const) {
    test.skipIf(modules === null)(
      `${profile}: ${form === "bare" ? "V8 agrees with Wasmtime" : `metered (${form}) equals the bare module and Wasmtime's fuel`}`,
      () => {
        const failures: string[] = [];
        for (const module of modules ?? []) check(module, form, failures);
        expect(failures).toEqual([]);
      },
    );
  }
}
