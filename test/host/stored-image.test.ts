/** Job: an image in an entry of the cache lies where a thread can copy it by words, in its place. Never: an engine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Cache } from "../../packages/host/src/cache.ts";
import { headLine, sharedFrom } from "../../packages/host/src/engine/without-zeros.ts";

test("what lies behind a head and a module is shared in its place, at a multiple of eight", async () => {
  const folder = mkdtempSync(join(tmpdir(), "capsule-image-"));
  try {
    const cache = new Cache({ folder });
    for (const length of [0, 1, 7, 8, 13]) {
      const head = { text: "ä".repeat(length), length };
      const line = headLine(head, length);
      expect(JSON.parse(line.toString("utf8"))).toEqual(head);
      const image = Uint8Array.of(1, 2, 3);
      const key = length.toString(16).padStart(64, "0");
      await cache.write(key, Buffer.concat([line, Buffer.alloc(length), image]));
      const entry = await cache.readShared(key);
      const { memory, at } = sharedFrom(entry!, line.length + length);
      expect(memory).toBe(entry!.buffer);
      expect(at % 8).toBe(0);
      expect([...new Uint8Array(memory, at)]).toEqual([...image]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("bytes that are not shared, or lie elsewhere, are copied", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(16));
  shared.set([9, 1, 2, 3]);
  for (const bytes of [shared, Uint8Array.from(shared)]) {
    const { memory, at } = sharedFrom(bytes, 1);
    expect(memory).not.toBe(bytes.buffer);
    expect([...new Uint8Array(memory, at, 3)]).toEqual([1, 2, 3]);
  }
});
