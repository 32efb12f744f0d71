/** Job: what a run takes and tells: arguments, exports, standard input, retries, events, ceilings. */
import { describe, expect, test } from "vitest";
import { command, printing, spin, testHost } from "./support.ts";

const host = await testHost();

describe("exports", () => {
  const module = `(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "wide") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
    (func (export "float") (param f64) (result f64) (local.get 0))
    (func (export "single") (param f32) (result f32) (local.get 0))
    (func (export "pair") (result i32 f64) (i32.const 7) (f64.const 0.5))
    (func (export "nothing")))`;

  test.each([
    ["add(2, 3)", "5"],
    ["add(0xff, -1)", "254"],
    ["add(4294967295, 2)", "1"],
    ["wide(9223372036854775806)", "9223372036854775807"],
    ["wide(9007199254740992)", "9007199254740993"],
    ["float(1e300)", "1e+300"],
    ["float(-0)", "-0"],
    ["single(0.1)", "0.10000000149011612"],
    ["pair", "[7,0.5]"],
    ["pair()", "[7,0.5]"],
    ["nothing", "null"],
  ])("%s gives %s", async (invoke, text) => {
    const envelope = await host.run(module, { invoke });
    expect(envelope.error).toBeNull();
    expect(envelope.resultText).toBe(text);
    expect(envelope.execution.task_name).toBe(invoke.replace(/\(.*/, ""));
  });

  test("integers beyond 2^53 are bigints", async () => {
    expect((await host.run(module, { invoke: "wide(9007199254740992)" })).result).toBe(9007199254740993n);
    expect((await host.run(module, { invoke: { name: "wide", args: [2n ** 40n] } })).result).toBe(2 ** 40 + 1);
  });

  test.each([
    ["missing", "invalid_config", 'exports no function "missing"'],
    ["add(1)", "invalid_config", '"add" takes 2 arguments (i32, i32); 1 given'],
    ["add(1, 2.5)", "invalid_config", 'argument 2 of "add" is "2.5"; it takes an i32'],
    ["add(1, 4294967296)", "invalid_config", "it takes an i32"],
    ["float(x)", "invalid_config", "it takes an f64"],
    ["(", "invalid_config", "write it as"],
    ["float(nan)", "task_error", "result is the number NaN, which JSON cannot hold"],
    ["float(inf)", "task_error", "Infinity"],
  ])("%s is refused", async (invoke, type, part) => {
    const envelope = await host.run(module, { invoke });
    expect(envelope.error?.error_type).toBe(type);
    expect(envelope.error?.message).toContain(part);
  });

  test("a reactor is initialised before its export is called", async () => {
    const reactor =
      '(module (global $g (mut i32) (i32.const 0)) (func (export "_initialize") (global.set $g (i32.const 5))) (func (export "get") (result i32) (global.get $g)))';
    expect((await host.run(reactor, { invoke: "get" })).result).toBe(5);
  });
});

describe("standard input", () => {
  /** Prints what it reads, until the end. */
  const cat = command(
    `(loop $more
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 100))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $more))`,
  );
  const long = "0123456789".repeat(1000);

  test("nothing, when nothing is given", async () => {
    expect((await host.watch(cat)).printed).toBe("");
  });

  test("text and bytes", async () => {
    expect((await host.watch(cat, { stdin: long })).printed).toBe(long);
    expect((await host.watch(cat, { stdin: Buffer.from(long) })).printed).toBe(long);
  });

  test("a stream, read as the guest reads: a blocked guest goes on when the next piece comes", async () => {
    async function* pieces() {
      for (const piece of ["one ", "two ", "three"]) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield Buffer.from(piece);
      }
    }
    expect((await host.watch(cat, { stdin: pieces() })).printed).toBe("one two three");
  });

  test("a stream that never comes does not outlive the deadline", async () => {
    async function* never(): AsyncGenerator<Uint8Array> {
      await new Promise(() => undefined);
    }
    const { envelope } = await host.watch(cat, { stdin: never(), policy: { timeout: "100ms" } });
    expect(envelope.error?.error_type).toBe("timeout");
  });

  /** Exit status = the one byte that it reads, less 48. */
  const digit = command(
    `(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 1))
     (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
     (call $exit (i32.sub (i32.load8_u (i32.const 1024)) (i32.const 48)))`,
  );

  test("an attempt that fails is made again; the next one may succeed", async () => {
    async function* digits() {
      yield Buffer.from("210");
    }
    const { envelope, events } = await host.watch(digit, { stdin: digits(), policy: { max_retries: 5 } });
    expect(envelope.success).toBe(true);
    expect(envelope.execution.retries).toBe(2);
    expect(events.map(({ kind }) => kind)).toEqual([
      "queued",
      "started",
      "retry",
      "started",
      "retry",
      "started",
      "completed",
    ]);
    const retries = events.filter((event) => event.kind === "retry");
    expect(retries.map(({ attempt, error }) => [attempt, error.message])).toEqual([
      [0, "exit status 2"],
      [1, "exit status 1"],
    ]);
  });

  test("retries end with the number that was asked for", async () => {
    const { envelope } = await host.watch(digit, { stdin: "7", policy: { max_retries: 2 } });
    expect(envelope.error?.message).toBe("exit status 7");
    expect(envelope.execution.retries).toBe(2);
  });
});

describe("retries", () => {
  test.each([
    ["out of fuel", spin, {}],
    ["a trap", command("unreachable"), {}],
    ["bad configuration", printing("x"), { ram: "64KB", compute: "LOW", timeout: "soon" }],
  ])("not after %s", async (_, wat, policy) => {
    const { envelope, events } = await host.watch(wat, { policy: { ...policy, max_retries: 3 } });
    expect(envelope.success).toBe(false);
    expect(envelope.execution.retries).toBe(0);
    expect(events.filter(({ kind }) => kind === "retry")).toEqual([]);
  });

  test("after a timeout and after a refused growth", async () => {
    const late = await host.run(spin, {
      policy: { compute: "9000000000000000000", timeout: "50ms", max_retries: 1 },
    });
    expect([late.error?.error_type, late.execution.retries]).toEqual(["timeout", 1]);
    const full = await host.run(
      '(module (memory 1) (func (export "_start") (drop (memory.grow (i32.const 100))) unreachable))',
      { policy: { max_retries: 1 } },
    );
    expect([full.error?.error_type, full.execution.retries]).toEqual(["out_of_memory", 1]);
  });

  test("an abort ends the wait before the next attempt", async () => {
    const stop = new AbortController();
    const envelope = await host.run(command("(call $exit (i32.const 1))"), {
      policy: { max_retries: 100 },
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === "retry") stop.abort();
      },
    });
    expect(envelope.error?.error_type).toBe("cancelled");
  });
});

describe("events", () => {
  test("come in order, with one id, and the last one carries the envelope", async () => {
    const { envelope, events } = await host.watch(printing("hi"));
    expect(events.map(({ kind }) => kind)).toEqual(["queued", "started", "output", "completed"]);
    const heads = events.filter((event) => event.kind !== "preparing");
    expect(new Set(heads.map(({ id }) => id)).size).toBe(1);
    expect(heads.every(({ parent, task }) => parent === null && task === "main")).toBe(true);
    expect(heads.at(-1)).toMatchObject({ kind: "completed", envelope });
  });

  test.each([
    ["failed", command("(call $exit (i32.const 1))"), {}],
    ["timed_out", spin, { compute: "9000000000000000000", timeout: "50ms" }],
  ] as const)("%s", async (last, wat, policy) => {
    const { events } = await host.watch(wat, { policy });
    expect(events.at(-1)?.kind).toBe(last);
  });
});

describe("ceilings", () => {
  test("of the host bound every run", async () => {
    const bounded = await testHost({ limits: { compute: 1000, ram: "128KB", timeout: "5s" } });
    const envelope = await bounded.run(spin, { policy: { compute: "HIGH" } });
    expect(envelope.error?.error_type).toBe("out_of_fuel");
    expect(envelope.execution.fuel_consumed).toBe(1000n);
    const large = await bounded.run('(module (memory 3) (func (export "_start")))', { policy: { ram: "1MB" } });
    expect(large.error?.error_type).toBe("invalid_config");
  });

  test("the fuel of a whole run bounds all attempts together", async () => {
    const bounded = await testHost({ limits: { total_compute: 25 } });
    const envelope = await bounded.run(command("(call $exit (i32.const 1))"), { policy: { max_retries: 50 } });
    expect(envelope.error?.error_type).toBe("out_of_fuel");
    expect(envelope.execution.retries).toBeLessThan(25);
  });

  test("a ceiling that is wrong is refused when the host is opened", async () => {
    await expect(testHost({ limits: { ramm: "1MB" } })).rejects.toThrow('"ramm" is no option');
  });
});

test("twenty runs side by side keep their outputs apart", async () => {
  const runs = Array.from({ length: 20 }, (_, index) => host.watch(printing(`run ${index}`)));
  const printed = (await Promise.all(runs)).map((run) => run.printed);
  expect(printed).toEqual(Array.from({ length: 20 }, (_, index) => `run ${index}`));
});

test("a listener that throws is its program's uncaught exception, and does not change the run", async () => {
  const listeners = process.listeners("uncaughtException");
  const caught: unknown[] = [];
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => void caught.push(error.message));
  try {
    const envelope = await host.run(printing("x"), {
      onEvent: ({ kind }) => {
        if (kind === "started") throw new Error("the listener's own");
      },
      stdout: () => {
        throw new Error("the reader's own");
      },
    });
    expect(envelope.success).toBe(true);
    expect(caught).toEqual(["the listener's own", "the reader's own"]);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
});

test("arguments that are no JSON are a TypeError", async () => {
  await expect(host.run(printing("x"), { args: "[1," })).rejects.toThrow(TypeError);
  await expect(host.run(printing("x"), { args: '{"a": 1}' })).rejects.toThrow("args is a JSON array");
  await expect(host.run(printing("x"), { args: [Number.NaN] })).rejects.toThrow("args[0] is NaN");
});
