/** Job: the cache: whole entries or none, whatever races, kills or flips bits. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { Cache, type CacheOptions, cacheKey, defaultCacheFolder } from "../../packages/host/src/cache.ts";

const root = mkdtempSync(join(tmpdir(), "capsule-cache-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(root, String(count++));
const key = cacheKey("test", new Uint8Array([1, 2, 3]));
const payload = new TextEncoder().encode("payload ".repeat(1000));
const entryOf = (folder: string) => join(folder, key.slice(0, 2), key);

test("what was written is read, also by another process's cache", async () => {
  const folder = fresh();
  expect(await new Cache({ folder }).read(key)).toBeNull();
  expect(await new Cache({ folder }).write(key, payload)).toBe(true);
  expect(Buffer.from((await new Cache({ folder }).read(key))!)).toEqual(Buffer.from(payload));
});

test("an entry is read into memory that threads share, for who asks for that", async () => {
  const cache = new Cache({ folder: fresh() });
  expect(await cache.readShared(key)).toBeNull();
  await cache.write(key, payload);
  const read = await cache.readShared(key);
  expect(read?.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(Buffer.from(read!)).toEqual(Buffer.from(payload));
});

test("an entry is made once, however many ask at once", async () => {
  const cache = new Cache({ folder: fresh() });
  let made = 0;
  const make = async () => {
    made += 1;
    return payload;
  };
  const all = await Promise.all(Array.from({ length: 10 }, () => cache.get(key, make)));
  expect(made).toBe(1);
  for (const bytes of all) expect(bytes.length).toBe(payload.length);
});

test("a maker that fails leaves nothing, and the next one may succeed", async () => {
  const cache = new Cache({ folder: fresh() });
  await expect(cache.get(key, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await cache.get(key, async () => payload)).toEqual(payload);
});

describe("a damaged entry is never served, and is made again", () => {
  test.each<readonly [string, (path: string) => void]>([
    ["empty", (path) => writeFileSync(path, "")],
    ["cut off", (path) => truncateSync(path, readFileSync(path).length - 1)],
    ["only its head", (path) => truncateSync(path, 48)],
    ["one bit flipped", (path) => writeFileSync(path, readFileSync(path).fill(0x71, 100, 101))],
    [
      "another's payload",
      (path) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 48), payload, payload])),
    ],
    ["another magic word", (path) => writeFileSync(path, readFileSync(path).fill(0, 0, 1))],
    [
      "a folder",
      (path) => {
        rmSync(path, { recursive: true });
        mkdirSync(path);
      },
    ],
  ])("%s", async (_, damage) => {
    const folder = fresh();
    const cache = new Cache({ folder });
    await cache.write(key, payload);
    for (const shared of [false, true]) {
      damage(entryOf(folder));
      expect(await (shared ? cache.readShared(key) : cache.read(key))).toBeNull();
      expect(Buffer.from(await cache.get(key, async () => payload, shared))).toEqual(Buffer.from(payload));
    }
  });
});

test("a folder that cannot be written costs the entry, not the work", async () => {
  const folder = fresh();
  writeFileSync(folder, "a file where the folder should be");
  const cache = new Cache({ folder });
  expect(await cache.get(key, async () => payload)).toEqual(payload);
  expect(await cache.write(key, payload)).toBe(false);
});

test("old temporary files of killed processes go, young ones stay", async () => {
  const folder = fresh();
  mkdirSync(join(folder, key.slice(0, 2)), { recursive: true });
  const old = join(folder, key.slice(0, 2), `${key}.1-aa.tmp`);
  const young = join(folder, key.slice(0, 2), `${key}.2-bb.tmp`);
  writeFileSync(old, "x");
  writeFileSync(young, "x");
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
  utimesSync(old, yesterday, yesterday);
  await new Cache({ folder }).write(key, payload);
  expect([existsSync(old), existsSync(young), existsSync(entryOf(folder))]).toEqual([false, true, true]);
});

test("different lists of parts have different keys", () => {
  const keys = [cacheKey("ab", "c"), cacheKey("a", "bc"), cacheKey("abc"), cacheKey("abc", ""), cacheKey("", "abc")];
  expect(new Set(keys).size).toBe(keys.length);
});

test("a key is no path", async () => {
  const cache = new Cache({ folder: fresh() });
  await expect(cache.read("../../../../etc/passwd")).rejects.toThrow(TypeError);
});

test("the default folder follows the XDG specification", () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/capsule");
  expect(defaultCacheFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\.cache\/capsule$/);
  expect(defaultCacheFolder({})).toMatch(/\.cache\/capsule$/);
  expect(() => new Cache({ folder: "relative" })).toThrow('the cache folder is "relative"');
});

describe("processes", () => {
  const module = new URL("../../packages/host/src/cache.ts", import.meta.url).href;
  /** Writes a payload of 8 MB under the key, again and again; prints a line for each. */
  const writer = (folder: string, rounds: number) => {
    const program = `
      import { Cache } from ${JSON.stringify(module)};
      const cache = new Cache({ folder: ${JSON.stringify(folder)} });
      const payload = Buffer.alloc(8 * 1024 * 1024, 7);
      for (let round = 0; round < ${rounds}; round++) {
        await cache.write(${JSON.stringify(key)}, payload);
        console.log(round);
      }`;
    return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  };

  test("two that write the same entry both succeed, and every read is whole", async () => {
    const folder = fresh();
    const writers = [writer(folder, 5), writer(folder, 5)];
    const cache = new Cache({ folder });
    const ended = Promise.all(writers.map((process) => once(process, "exit")));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    let reads = 0;
    while (!isOver) {
      const bytes = await cache.read(key);
      if (bytes === null) continue;
      reads += 1;
      expect(bytes.length).toBe(8 * 1024 * 1024);
    }
    expect((await ended).map(([code]) => code)).toEqual([0, 0]);
    expect(reads).toBeGreaterThan(0);
    expect(readdirSync(join(folder, key.slice(0, 2)))).toEqual([key]);
  });

  test("one that is killed while it writes leaves a whole entry or none", async () => {
    for (let round = 0; round < 3; round++) {
      const folder = fresh();
      const process = writer(folder, 1000);
      await once(process.stdout!, "data");
      process.kill("SIGKILL");
      await once(process, "exit");
      const bytes = await new Cache({ folder }).read(key);
      expect(bytes === null || bytes.length === 8 * 1024 * 1024).toBe(true);
      const left = readdirSync(join(folder, key.slice(0, 2)));
      expect(left.every((name) => name === key || name.endsWith(".tmp"))).toBe(true);
    }
  });
});

describe("when there is no room", () => {
  const keys = Array.from({ length: 8 }, (_, i) => cacheKey("room", String(i)));
  const thousand = new Uint8Array(1000);
  const hour = 60 * 60;
  /** Eight entries, the first used longest ago: each a day before the next. */
  const filled = async (options: CacheOptions) => {
    const cache = new Cache(options);
    for (const [i, each] of keys.entries()) {
      await cache.write(each, thousand);
      const used = Date.now() / 1000 - (keys.length - i) * 25 * hour;
      utimesSync(join(cache.folder, each.slice(0, 2), each), used, used);
    }
    return keys;
  };
  const there = (folder: string) => keys.filter((each) => existsSync(join(folder, each.slice(0, 2), each)));

  test("what was used longest ago goes, until a quarter is free", async () => {
    const folder = fresh();
    await filled({ folder });
    await new Cache({ folder, maxBytes: 8000 }).write(key, thousand);
    expect(there(folder)).toEqual(keys.slice(4));
    expect(await new Cache({ folder }).read(key)).not.toBeNull();
  });

  test("reading is use", async () => {
    const folder = fresh();
    await filled({ folder });
    await new Cache({ folder }).read(keys[0]!);
    const { mtimeMs } = await vi.waitUntil(
      () => {
        const found = statSync(join(folder, keys[0]!.slice(0, 2), keys[0]!));
        return found.mtimeMs > Date.now() - hour * 1000 ? found : false;
      },
      { timeout: 30_000 },
    );
    expect(mtimeMs).toBeLessThanOrEqual(Date.now());
    await new Cache({ folder, maxBytes: 8000 }).write(key, thousand);
    expect(there(folder)).toEqual([keys[0], ...keys.slice(5)]);
  });

  test("a process that goes on writing looks again", async () => {
    const folder = fresh();
    const cache = new Cache({ folder, maxBytes: 8000 });
    for (let i = 0; i < 40; i++) await cache.write(cacheKey("more", String(i)), thousand);
    const left = readdirSync(folder).flatMap((prefix) => readdirSync(join(folder, prefix)));
    expect(left.length).toBeLessThanOrEqual(8);
    expect(left).toContain(cacheKey("more", "39"));
  });

  test.each([-1, 1.5, Number.NaN, "4GB" as unknown as number])("maxBytes %s is refused", (maxBytes) => {
    expect(() => new Cache({ folder: root, maxBytes })).toThrow(/whole number of bytes/);
  });
});

test("entries are readable by their owner only", async () => {
  const folder = fresh();
  await new Cache({ folder }).write(key, payload);
  expect(statSync(entryOf(folder)).mode & 0o077).toBe(0);
  chmodSync(entryOf(folder), 0o600);
});
