/** Job: guests that try to outlive their end, to hold what they may not, or to take the host with them. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { command, testHost } from "./support.ts";

const host = await testHost();
/** Catches whatever \`body\` throws and goes on. */
const catching = (body: string) => `(block $caught (try_table (catch_all $caught) ${body}))`;

describe("a guest that catches everything still ends", () => {
  test.each([
    ["try_table", catching("(call $exit (i32.const 3))")],
    ["try", "(try (do (call $exit (i32.const 3))) (catch_all))"],
  ])("with %s around an exit, in an endless loop", async (_, attempt) => {
    const envelope = await host.run(command(`(loop $again ${attempt} (br $again))`));
    expect(envelope.error).toEqual({ error_type: "task_error", message: "exit status 3" });
  });

  test("and gets nothing done after its exit", async () => {
    const print = "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))";
    const { envelope, printed } = await host.watch(
      command(`(i32.store (i32.const 4) (i32.const 5)) ${catching("(call $exit (i32.const 0))")} ${catching(print)}`),
    );
    expect(printed).toBe("");
    expect(envelope.success).toBe(true);
  });

  test("with an overflow of the stack inside a host call", async () => {
    const deep = `(func $deep (param i32) ${catching("(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))")}
      (call $deep (i32.add (local.get 0) (i32.const 1))))`;
    const envelope = await host.run(
      command(`(loop $again ${catching("(call $deep (i32.const 0))")} (br $again))`, deep),
    );
    expect(["wasm_error", "out_of_fuel"]).toContain(envelope.error?.error_type);
  });
});

test.each(["constructor", "toString", "__defineGetter__", "__proto__"])(
  "a guest that imports %s from WASI gets nothing of JavaScript's own",
  async (name) => {
    const { error } = await host.run(
      `(module (import "wasi_snapshot_preview1" "${name}" (func $f (param i32) (result externref)))
        (func (export "_start") (drop (call $f (i32.const 5)))))`,
    );
    expect(error).toMatchObject({ error_type: "invalid_config", message: expect.stringContaining("Import #0") });
  },
);

describe("memory", () => {
  test("growing in a loop is held at the limit", async () => {
    const envelope = await host.run(
      '(module (memory 1) (func (export "_start") (loop $more (drop (memory.grow (i32.const 16))) (br $more))))',
      { policy: { ram: "8MB" } },
    );
    expect(envelope.error?.error_type).toBe("out_of_fuel");
    expect(envelope.execution.ram_used).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  test("a gigabyte under 64 MB is never held by the host", async () => {
    const before = process.memoryUsage().rss;
    const envelope = await host.run(
      `(module (memory 1) (func (export "_start")
        (if (i32.eq (memory.grow (i32.const 16384)) (i32.const -1)) (then unreachable))
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 1073741824))))`,
      { policy: { ram: "64MB", compute: "HIGH" } },
    );
    expect(envelope.error?.error_type).toBe("out_of_memory");
    expect(envelope.execution.ram_used).toBe(65_536);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
  });
});

describe("the thread's own heap", () => {
  const parameters = "i64 ".repeat(64);
  const values = "(i64.const 81985529216486895) ".repeat(64);
  const hoard = (count: number, then: string) => `
    (local $i i32)
    (loop $more
      (table.set $kept (local.get $i)
        (block $caught (result exnref) (try_table (catch_all_ref $caught) (throw $e ${values})) unreachable))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const ${count}))))
    ${then}`;
  const declared = `(tag $e (param ${parameters})) (table $kept 200000 200000 exnref) (table $other 0 funcref)`;

  const ender =
    '(module (table $t 1 funcref) (func (export "_start") (loop $more (drop (table.grow $t (ref.null func) (i32.const 100000))) (br $more))))';

  test("growing a table in a loop ends nothing but the task", async () => {
    expect((await host.run(ender, { policy: { compute: 20_000_000, timeout: "60s" } })).error?.error_type).toBe(
      "out_of_fuel",
    );
  });

  test("without the limit on tables the same guest ends the whole process", async () => {
    const source = (path: string) => JSON.stringify(new URL(`../../packages/${path}`, import.meta.url).href);
    const program = host.write(
      "weakened.mjs",
      `import { parseText } from ${source("instrument/src/text/index.ts")};
       import { instrument } from ${source("instrument/src/index.ts")};
       import { Pool } from ${source("host/src/worker/pool.ts")};
       import { defaultQuotas } from ${source("host/src/wasi/config.ts")};
       const { bytes } = instrument(await parseText(${JSON.stringify(ender)}), { memory: "import" });
       const kernel = { args: [], env: [], mounts: [], preopens: [], clock: { kind: "real" }, random: { kind: "host" }, quotas: defaultQuotas };
       const job = { module: new WebAssembly.Module(bytes), memories: [], startFuel: 0n, fuel: 1000000000n, memoryBytes: 65536, kernel, stdin: null, input: { engine: "module", invoke: null } };
       console.log((await new Pool().run(job, {})).ending.kind);`,
    );
    const { signal, stdout, stderr } = spawnSync(process.execPath, ["--conditions=capsule-source", program], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(stderr).toContain("JavaScript heap out of memory");
    expect(signal).toBe("SIGABRT");
  });

  test("exceptions fill it: the task ends, the host does not", async () => {
    const envelope = await host.run(command(hoard(200_000, ""), declared), { policy: { compute: "HIGH" } });
    expect(envelope.error?.error_type).toBe("out_of_memory");
  });

  test("a table of a module that throws does not grow: a large allocation in a full heap would end the process", async () => {
    for (const count of [45_000, 55_000, 65_000]) {
      const grow = "(call $exit (i32.add (i32.const 5) (table.grow $other (ref.null func) (i32.const 800000))))";
      const envelope = await host.run(command(hoard(count, grow), declared), { policy: { compute: "HIGH" } });
      // −1 + 5, or the heap was full before.
      expect(["exit status 4", expect.stringContaining("exceptions"), expect.stringContaining("heap")]).toContainEqual(
        envelope.error?.message.split("\n")[0],
      );
    }
  });

  test("no host call begins while exceptions fill half of it", async () => {
    const envelope = await host.run(command(hoard(45_000, "(call $exit (i32.const 0))"), declared), {
      policy: { compute: "HIGH" },
    });
    expect(envelope.error?.error_type).toBe("out_of_memory");
    expect(envelope.error?.message).toContain("exceptions");
  });

  test("tables that are too large are refused before anything runs", async () => {
    const envelope = await host.run('(module (table 2000000 funcref) (func (export "_start")))');
    expect(envelope.error?.error_type).toBe("build_error");
    expect(envelope.error?.message).toContain("2000000 elements");
  });
});

describe("output", () => {
  const flood = command(
    `(i32.store (i32.const 4) (i32.const 60000))
     (loop $again (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))`,
  );

  test("arrives while a guest that never yields runs", async () => {
    let first = 0;
    const stop = new AbortController();
    const envelope = await host.run(flood, {
      policy: { compute: "9000000000000000000" },
      signal: stop.signal,
      stdout: () => {
        first += 1;
        stop.abort();
      },
    });
    expect(first).toBeGreaterThan(0);
    expect(envelope.error?.error_type).toBe("cancelled");
  });

  test("a slow reader holds the guest back: no more than the window waits in the host", async () => {
    let waiting = 0;
    const stop = new AbortController();
    const envelope = await host.run(flood, {
      policy: { compute: "9000000000000000000" },
      signal: stop.signal,
      stdout: (bytes) => {
        waiting += bytes.length;
        // The window is full; what a guest that is not held back would send comes within this time.
        if (waiting > 1024 * 1024) setTimeout(() => stop.abort(), 200);
        return new Promise(() => undefined);
      },
    });
    expect(envelope.error?.error_type).toBe("cancelled");
    expect(waiting).toBeLessThan(2 * 1024 * 1024);
  });

  test("ends at its quota", async () => {
    let bytes = 0;
    const { envelope } = await host.watch(flood, {
      policy: { compute: 10_000_000, timeout: "60s" },
      stdout: (chunk) => {
        bytes += chunk.length;
      },
    });
    expect(bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(envelope.success).toBe(false);
  });
});
