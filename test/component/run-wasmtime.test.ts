/** Job: a run of a component through the host's door costs to the unit what Wasmtime says that it costs. Never: compare what hosts may answer differently. */
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { component } from "../../fixtures/components/build.ts";
import { runOnWasmtime, wasmtime } from "./oracle/engines.ts";
import type { CommandTrial } from "./oracle/trial.ts";
import { componentHost } from "./run-support.ts";

const host = await componentHost();

describe.skipIf(wasmtime === null)("fuel_consumed is Wasmtime's", () => {
  // Not C: its libc looks at each preopen as it starts, and here "/" is one.
  test.each(["command-rust", "command-javascript"])("%s", async (name) => {
    const built = await component(name);
    if ("missing" in built) return console.warn(`SKIPPED: ${built.missing}`);
    const stdin = "one\ntwo\n";
    const all = [["args", "a", "bc"], ["env"], ["stdin"]];
    const given = { env: {}, stdin, folder: null, guestFolder: "", fuel: true, counter: false };
    const theirs = runOnWasmtime(
      all.map(
        (args): CommandTrial => ({
          kind: "command",
          component: built.path,
          args: [basename(built.path), ...args],
          ...given,
        }),
      ),
    );
    for (const [index, args] of all.entries()) {
      const { error, execution } = await host.capsule.run(built.path, {
        cwd: host.folder,
        args,
        stdin: Buffer.from(stdin),
        policy: { compute: "HIGH" },
      });
      expect(error).toBeNull();
      expect(`${args[0]} ${execution.fuel_consumed}`).toBe(`${args[0]} ${theirs[index]!.fuel}`);
    }
  });
});
