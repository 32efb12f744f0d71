/** Job: an engine's instances may serve one run after another: what code can change of them is put back. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import { describe, expect, test } from "vitest";
import { findFlavour, withNumpy } from "../../packages/host/src/engine/python/flavour.ts";
import { openForImages } from "../../packages/host/src/engine/sections.ts";
import { RunIsOver } from "../../packages/host/src/worker/inside/guard.ts";
import { Standby } from "../../packages/host/src/worker/inside/standby.ts";
import { decode, Operators } from "../../packages/instrument/src/binary/decode.ts";
import { readLocals } from "../../packages/instrument/src/binary/locals.ts";
import { ExternalKind, readModule } from "../../packages/instrument/src/binary/module.ts";
import { Op, opcodes } from "../../packages/instrument/src/binary/opcodes.ts";

/**
 * What a module's code can leave behind besides its memories and its globals: tables, dropped segments, objects of V8's heap.
 * Exceptions (numpy's engine: longjmp, C++) are none where no table and no global keeps them: they end with the call.
 */
const leaving = /^(?:table\.(?:set|init|copy|fill|grow)|(?:elem|data)\.drop|(?:struct|array)\..*)$/;

describe("what the engines' modules can change", () => {
  const resolve = createRequire(new URL("../../packages/host/src/index.ts", import.meta.url)).resolve;
  const best = findFlavour(undefined);
  const found = [findFlavour("npm"), best, withNumpy(best) ?? best].map(({ wasm }) => wasm);
  const pythons = [...new Set(found)].map((path) => [path, openForImages(readFileSync(path))] as const);
  const names = ["quickjs.wasm", "url.so", "encoding.so", "headers.so", "crypto.so", "structured-clone.so"];
  const scripts = names.map((name) => [name, readFileSync(resolve(`quickjs-wasi/${name}`))] as const);

  test.each([...pythons, ...scripts])("%s: its memory, and globals that the host can reach", (_, bytes) => {
    const metered = instrument(bytes, { global: "import", memory: "import" }).bytes;
    const module = readModule(metered, []);
    const reachable = new Set(
      module.exports.filter(({ kind }) => kind === ExternalKind.global).map(({ index }) => index),
    );
    const operators = new Operators();
    const seen = new Set<string>();
    const written = new Set<number>();
    const called = new Set<number>(
      module.exports.filter(({ kind }) => kind === ExternalKind.function).map(({ index }) => index),
    );
    for (const segment of module.elements) for (const index of segment.functions) called.add(index);
    for (const [body, { start, end }] of module.bodies.entries()) {
      const isStart = module.imported.functions + body === module.start;
      decode(metered, readLocals(metered, start, end).end, end, [], operators);
      for (let at = 0; at < operators.count; at++) {
        const opcode = operators.opcode[at]!;
        seen.add(opcodes.name[opcode]!);
        if (opcode === Op.globalSet && !isStart) written.add(operators.first[at]!);
        if (opcode === Op.call || opcode === Op.refFunc) called.add(operators.first[at]!);
      }
    }
    expect(module.bodies.length).toBeGreaterThan(5);
    expect(seen.size).toBeGreaterThan(20);
    expect([...seen].filter((name) => leaving.test(name))).toEqual([]);
    // What instantiation alone does, it does once.
    expect(module.start === null ? false : called.has(module.start)).toBe(false);
    expect([...written].filter((index) => index >= module.imported.globals && !reachable.has(index))).toEqual([]);
  });
});

test("a standby leads nowhere until it is connected, and is what it was after a reset", async () => {
  const bytes = await parseText(`(module
    (import "host" "seen" (func $seen (param i32)))
    (import "GOT.mem" "cell" (global $cell (mut i32)))
    (import "capsule" "memory0" (memory 1))
    (import "capsule" "fuel" (global $fuel (mut i64)))
    (import "capsule" "refused" (global $refused (mut i32)))
    (global $stack (export "__stack_pointer") (mut i32) (i32.const 4096))
    (global (export "fixed") i32 (i32.const 7))
    (func (export "run")
      (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
      (global.set $cell (i32.add (global.get $cell) (i32.const 1)))
      (global.set $refused (i32.const 1))
      (call $seen (i32.add (global.get $stack) (global.get $cell)))))`);
  const standby = new Standby(new WebAssembly.Memory({ initial: 1 }));
  const cell = new WebAssembly.Global({ value: "i32", mutable: true }, 1);
  const instance = standby.link(new WebAssembly.Module(bytes as BufferSource), { "GOT.mem": { cell } });
  const run = instance.exports["run"] as () => void;
  expect(run).toThrow(RunIsOver);
  for (let round = 0; round < 3; round++) {
    standby.reset();
    standby.meter.begin(100n);
    const seen: number[] = [];
    standby.connect({ host: { seen: (value: number) => void seen.push(value) } });
    expect(() => standby.connect({})).toThrow(TypeError);
    run();
    run();
    expect(seen).toEqual([4096 - 16 + 2, 4096 - 32 + 3]);
    standby.meter.stop();
  }
  standby.reset();
  expect([cell.value, standby.meter.refused.value, standby.meter.fuel.value]).toEqual([1, 0, 0n]);
  expect(standby.meter.stopped).toBe(false);
  expect(run).toThrow(RunIsOver);
});
