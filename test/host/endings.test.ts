/** Job: every way in which a run can end, and what its envelope says. */
import { envelopeText } from "@capsule-run/host";
import { describe, expect, test } from "vitest";
import { command, printing, sleeping, spin, testHost } from "./support.ts";

const host = await testHost();

describe("success", () => {
  test("a command that returns", async () => {
    const { envelope, printed } = await host.watch(printing("Hello\n"));
    expect(envelope.error).toBeNull();
    expect(envelope.success).toBe(true);
    expect(envelope.result).toBeNull();
    expect(printed).toBe("Hello\n");
    expect(envelope.execution).toMatchObject({ task_name: "main", retries: 0, ram_used: 65_536, host_requests: [] });
    expect(envelope.execution.engine.name).toBe("module");
  });

  test("exit 0", async () => {
    expect((await host.run(command("(call $exit (i32.const 0))"))).success).toBe(true);
  });

  test("fuel is exact: one unit for the function, one for each operator", async () => {
    // call 1, const 1, drop 1 … : function entry 1 + i32.const 1 + drop is free
    const { execution } = await host.run(command("(drop (i32.const 1))"));
    expect(execution.fuel_consumed).toBe(2n);
  });

  test("the budget must be greater than the cost", async () => {
    const body = command("(drop (i32.const 1))");
    expect((await host.run(body, { policy: { compute: 3 } })).success).toBe(true);
    const short = await host.run(body, { policy: { compute: 2 } });
    expect(short.error?.error_type).toBe("out_of_fuel");
    expect(short.execution.fuel_consumed).toBe(2n);
  });
});

describe("failure", () => {
  test("an exit status", async () => {
    const envelope = await host.run(command("(call $exit (i32.const 42))"));
    expect(envelope.error).toEqual({ error_type: "task_error", message: "exit status 42" });
    expect(envelope.resultText).toBe("null");
  });

  test("an endless loop, by fuel: the whole budget is reported", async () => {
    const envelope = await host.run(spin);
    expect(envelope.error?.error_type).toBe("out_of_fuel");
    expect(envelope.error?.message).toContain("10,000,000 fuel");
    expect(envelope.execution.fuel_consumed).toBe(10_000_000n);
  });

  test("an endless loop, by the clock", async () => {
    const envelope = await host.run(spin, { policy: { compute: "9000000000000000000", timeout: "100ms" } });
    expect(envelope.error).toEqual({
      error_type: "timeout",
      message: "the task did not end within its timeout of 100ms; give it more time (timeout)",
    });
  });

  test("a run that is ended from outside reports what was known when it last reached the host", async () => {
    const talks = command(
      `(local $i i32)
       (i32.store (i32.const 4) (i32.const 1))
       (loop $more
         (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $more (i32.lt_u (local.get $i) (i32.const 1000))))
       (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
       (loop $again (br $again))`,
      "",
    );
    const stop = new AbortController();
    const { error, execution } = await host.run(talks, {
      policy: { compute: "9000000000000000000" },
      signal: stop.signal,
      stdout: () => stop.abort(),
    });
    expect(error?.error_type).toBe("cancelled");
    expect(execution.ram_used).toBe(65_536);
    expect(execution.fuel_consumed).toBeGreaterThan(7000n);
    expect(execution.fuel_consumed).toBeLessThan(9000n);
  });

  test("a sleep, by the clock", async () => {
    const envelope = await host.run(sleeping, { policy: { timeout: "100ms" } });
    expect(envelope.error?.error_type).toBe("timeout");
  });

  test("a start function that spins", async () => {
    const start = '(module (start $s) (func $s (loop $again (br $again))) (func (export "_start")))';
    expect((await host.run(start)).error?.error_type).toBe("out_of_fuel");
    const late = await host.run(start, { policy: { compute: "9000000000000000000", timeout: "100ms" } });
    expect(late.error?.error_type).toBe("timeout");
  });

  test("a trap says what and where", async () => {
    const envelope = await host.run(
      '(module (func $divide (result i32) (i32.div_s (i32.const 1) (i32.const 0))) (func (export "_start") (drop (call $divide))))',
    );
    expect(envelope.error?.error_type).toBe("wasm_error");
    expect(envelope.error?.message).toContain("divide by zero");
  });

  test("calls nested too deeply", async () => {
    const envelope = await host.run(
      '(module (func $deep (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1))) (func (export "_start") (drop (call $deep (i32.const 0)))))',
    );
    expect(envelope.error?.error_type).toBe("wasm_error");
    expect(envelope.error?.message).toContain("stack overflow");
  });

  test("an exception that nobody catches", async () => {
    const envelope = await host.run('(module (tag $e) (func (export "_start") (throw $e)))');
    expect(envelope.error?.error_type).toBe("wasm_error");
    expect(envelope.error?.message).toContain("exception");
  });

  test("a refused growth, then a trap", async () => {
    const envelope = await host.run(
      '(module (memory 1) (func (export "_start") (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable))',
    );
    expect(envelope.error?.error_type).toBe("out_of_memory");
    expect(envelope.error?.message).toContain("1MB");
    expect(envelope.execution.ram_used).toBe(1024 * 1024);
  });

  test("a refused growth that the program gets over is no failure", async () => {
    const envelope = await host.run(
      '(module (memory 1) (func (export "_start") (drop (memory.grow (i32.const 1000)))))',
    );
    expect(envelope.error).toBeNull();
  });

  test("a memory that begins above the limit is refused before anything runs", async () => {
    const envelope = await host.run('(module (memory 16384) (func (export "_start")))', { policy: { ram: "64MB" } });
    expect(envelope.error?.error_type).toBe("invalid_config");
    expect(envelope.error?.message).toContain("1073741824 bytes");
  });

  test("several memories share the limit", async () => {
    const grow = (index: number) =>
      `(loop $more${index} (br_if $more${index} (i32.ne (memory.grow ${index} (i32.const 1)) (i32.const -1))))`;
    const envelope = await host.run(
      `(module (memory 1) (memory 1) (memory 2 3) (func (export "_start") ${grow(0)} ${grow(1)} ${grow(2)}))`,
    );
    expect(envelope.error).toBeNull();
    expect(envelope.execution.ram_used).toBe(1024 * 1024);
  });

  test("an abort, before and during the run", async () => {
    const before = await host.run(spin, { signal: AbortSignal.abort() });
    expect(before.error?.error_type).toBe("cancelled");
    const during = await host.run(spin, {
      policy: { compute: "9000000000000000000" },
      signal: AbortSignal.timeout(100),
    });
    expect(during.error?.error_type).toBe("cancelled");
  });
});

describe("what cannot run", () => {
  test.each([
    ["no file", "nothing.wasm", "", "invalid_config", "no such file"],
    ["an unknown ending", "program.rb", "puts 1", "invalid_config", ".py"],
    ["no module", "text.wasm", "hello", "build_error", "text.wasm"],
    ["text that is wrong", "wrong.wat", "(module (func (export", "build_error", "wrong.wat"],
    ["a foreign import", "env.wat", '(module (import "env" "f" (func)))', "build_error", '"env.f"'],
    [
      "the counter's name",
      "fuel.wat",
      '(module (import "capsule" "fuel" (global (mut i64))))',
      "build_error",
      "capsule",
    ],
    ["no command", "none.wat", '(module (func (export "f")))', "invalid_config", "--invoke"],
  ])("%s", async (_, name, content, type, part) => {
    if (content !== "") host.write(name, content);
    const envelope = await host.capsule.run(name, { cwd: host.folder });
    expect(envelope.error?.error_type).toBe(type);
    expect(envelope.error?.message).toContain(part);
  });

  test("an option that is wrong names itself, the value and what is allowed", async () => {
    const envelope = await host.run(spin, { policy: { ram: "64XB" } });
    expect(envelope.error?.error_type).toBe("invalid_config");
    expect(envelope.error?.message).toMatch(/ram is "64XB"; it takes/);
  });
});

test("the envelope is one line of JSON", async () => {
  const text = envelopeText(await host.run(command("(call $exit (i32.const 1))")));
  expect(text).not.toContain("\n");
  expect(JSON.parse(text)).toMatchObject({
    success: false,
    result: null,
    error: { error_type: "task_error" },
    execution: { task_name: "main", retries: 0, engine: { name: "module" } },
  });
});
