/** Job: hold the oracle itself against Wasmtime's stored answers, so that it may judge where none are stored. Never: meter. */
import { expect, test } from "vitest";
import { corpus, profiles } from "../corpus/corpus.ts";
import { deviations } from "../corpus/deviations.ts";
import { sameTrap } from "../support/trap.ts";
import { decode } from "./decode.ts";
import { oracleBits, runOracle } from "./run.ts";

const argument = (type: string) => {
  const one: Record<string, number | bigint> = { i32: 1, i64: 1n, f32: 0x3fc00000, f64: 0x3ff8000000000000n };
  return one[type]!;
};

for (const profile of profiles) {
  const modules = corpus(profile);
  test.skipIf(modules === null)(`${profile}: the oracle's results and fuel are Wasmtime's`, () => {
    const failures: string[] = [];
    let compared = 0;
    for (const { name, bytes, start, calls } of modules ?? []) {
      const module = decode(bytes);
      const first = runOracle(module).start;
      if (first.kind === "unsupported") continue;
      if (
        start.fuel !== undefined &&
        start.trap === undefined &&
        deviations[`${name} start`] === undefined &&
        (first.kind !== "returned" || first.consumed !== start.fuel)
      )
        failures.push(`${name} start: wanted ${start.fuel}, got ${first.kind} ${first.consumed}`);
      if (first.kind !== "returned") continue;
      for (const stored of calls) {
        if (deviations[`${name} ${JSON.stringify(stored.export)}`] !== undefined) continue;
        const outcome = runOracle(module).call(stored.export, stored.args.map(argument));
        const where = `${name} ${JSON.stringify(stored.export)}`;
        if (outcome.kind === "unsupported") continue;
        compared += 1;
        const got =
          outcome.kind === "returned"
            ? outcome.values.map((value, i) => [
                stored.results?.[i]?.[0],
                oracleBits(stored.results?.[i]?.[0] ?? "", value),
              ])
            : undefined;
        if (stored.results !== undefined) {
          if (JSON.stringify(got) !== JSON.stringify(stored.results))
            failures.push(
              `${where}: wanted ${JSON.stringify(stored.results)}, got ${outcome.kind} ${JSON.stringify(got)}`,
            );
          else if (outcome.consumed !== stored.fuel)
            failures.push(`${where}: fuel wanted ${stored.fuel}, got ${outcome.consumed}`);
        } else if (
          !(stored.trap === "exception"
            ? outcome.kind === "exception"
            : outcome.kind === "trap" && sameTrap(outcome.trap, stored.trap!))
        )
          failures.push(`${where}: wanted ${stored.trap}, got ${JSON.stringify(outcome)}`);
        if (JSON.stringify(outcome.host) !== JSON.stringify(stored.host))
          failures.push(`${where}: host wanted ${JSON.stringify(stored.host)}, got ${JSON.stringify(outcome.host)}`);
      }
    }
    expect(failures).toEqual([]);
    expect(compared).toBeGreaterThan(500);
  });
}
