/** Job: a file of its own must stop itself also where it ends in a tail call to a function that its callers pay for. Never: forget why. */
import { instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import { expect, test } from "vitest";

test("a tail call to a paid function does not return beyond the budget", async () => {
  const bytes = await parseText(`(module
    (func $paid (export "paid") (result i32) (i32.add (i32.const 20) (i32.const 22)))
    (func (export "run") (result i32)
      (drop (call $paid))
      (return_call $paid)))`);
  // Entry, call and 1 + 3 twice: 1 + (1 + 4) + (1 + 4).
  for (const [fuel, ends] of [
    [12n, true],
    [11n, false],
    [10n, false],
    [5n, false],
    [1n, false],
  ] as const) {
    const { bytes: metered } = instrument(bytes, { global: "export", fuel });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>));
    const run = exports["run"] as () => number;
    if (ends) expect(run()).toBe(42);
    else expect(run, `fuel ${fuel}`).toThrow(WebAssembly.RuntimeError);
  }
});
