/** Job: metering as the host does it: apart from the running tasks, through the cache, within limits. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CapsuleError } from "@capsule-run/host";
import { afterAll, describe, expect, test } from "vitest";
import { Cache } from "../../packages/host/src/cache.ts";
import { meter, meteredKey } from "../../packages/host/src/engine/meter.ts";
import { checkStructure } from "../../packages/host/src/engine/structure.ts";
import { functionType, module, name, section, type, u, vector } from "../support/encode.ts";

const folder = mkdtempSync(join(tmpdir(), "capsule-metering-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = new Cache({ folder });
const types = section(1, vector([functionType([], [])]));
const functions = (count: number, body: readonly number[] = []) => [
  ...section(3, vector(Array.from({ length: count }, () => [0]))),
  ...section(10, vector(Array.from({ length: count }, () => [...u(body.length + 2), 0, ...body, 0x0b]))),
];
const bytesOf = (...parts: readonly (readonly number[])[]) => module(parts);

test("a large module is metered in a thread of its own: the host's event loop stays free", async () => {
  const nops = Array.from({ length: 40_000 }, () => [0x41, 0x00, 0x1a]).flat();
  const bytes = bytesOf(types, functions(10, nops));
  expect(bytes.length).toBeGreaterThan(64 * 1024);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const { report, metered } = await meter(bytes, { path: "/large.wasm", bytes }, { cache });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  expect(report).toEqual({ startFuel: 0n, canThrow: false, memories: [] });
  expect(WebAssembly.validate(metered as Uint8Array<ArrayBuffer>)).toBe(true);
  // The second time it comes from the cache, equal to the byte.
  const again = await meter(bytes, { path: "/large.wasm", bytes }, { cache: new Cache({ folder }) });
  expect(Buffer.from(again.metered).equals(Buffer.from(metered))).toBe(true);
  expect(again.report).toEqual(report);
});

test("what the meter refuses is a build error with its place, from either side", async () => {
  const small = bytesOf(types, section(3, [1, 0]), section(10, [1, 3, 0, 0xff, 0x0b]));
  const large = bytesOf(section(0, [...name("padding"), ...new Array<number>(100_000).fill(0)]), types, [99, 0]);
  for (const bytes of [small, large]) {
    const refused = meter(bytes, { path: "/a/broken.wasm", bytes }, { cache });
    await expect(refused).rejects.toThrow(CapsuleError);
    await expect(refused).rejects.toThrow(/^"\/a\/broken.wasm": .*at byte \d+/);
    expect(await cache.read(meteredKey(bytes))).toBeNull();
  }
});

describe("structure", () => {
  test("says whether the module can throw and what its tables may grow to", () => {
    const table = (minimum: number) => section(4, [1, type.funcref, 0, ...u(minimum)]);
    const tag = section(13, [1, 0, 0]);
    expect(checkStructure(bytesOf(types, table(7)), "m")).toEqual({
      canThrow: false,
      elements: 7,
      maxTable: 1_000_000,
    });
    expect(checkStructure(bytesOf(types, table(7), tag), "m")).toEqual({ canThrow: true, elements: 7, maxTable: 7 });
    const withValue = section(4, [1, 0x40, 0, type.funcref, 0, ...u(9), 0xd0, 0x70, 0x0b]);
    expect(checkStructure(bytesOf(types, withValue, tag), "m")).toEqual({ canThrow: true, elements: 9, maxTable: 9 });
  });

  test.each([
    ["imports", 2, 1_001],
    ["functions", 3, 250_001],
    ["tables", 4, 1_001],
    ["globals", 6, 100_001],
    ["exports", 7, 100_001],
    ["tags", 13, 1_001],
  ])("too many %s", (what, id, count) => {
    expect(() => checkStructure(bytesOf(section(id, u(count))), '"m"')).toThrow(`"m" has ${count} ${what}; at most`);
  });
});
