/** Job: the image of the booted interpreter: the same whoever makes it, whole again after every run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { expect, onTestFinished, test } from "vitest";
import { ImageShelf } from "../../packages/host/src/worker/inside/image-shelf.ts";
import type { Standby } from "../../packages/host/src/worker/inside/standby.ts";
import type { PythonImage, RunMessage } from "../../packages/host/src/worker/protocol.ts";
import { python, task } from "./support.ts";

const hello = join(import.meta.dirname, "../../fixtures/hello/hello.py");

/** All entries of a cache, by key. */
function entries(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name))]));
}

test("two builds are byte for byte the same", async () => {
  const made = [];
  for (let build = 0; build < 2; build++) {
    const folder = mkdtempSync(join(tmpdir(), "capsule-image-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await using capsule = await Capsule.open({ cache: { folder } });
    const envelope = await capsule.run(hello, { cwd: join(hello, "..") });
    expect(envelope.error).toBe(null);
    made.push(entries(folder));
  }
  const [one, two] = made as [Map<string, Buffer>, Map<string, Buffer>];
  expect([...one.keys()].sort()).toEqual([...two.keys()].sort());
  // The metered module, and the image.
  expect(one.size).toBe(2);
  for (const [key, bytes] of one) expect(bytes.equals(two.get(key)!), key).toBe(true);
});

test("a memory on the shelf is the image, byte for byte, whatever the run has left in it", () => {
  const image: PythonImage = {
    key: "k",
    memory: new SharedArrayBuffer(40_960),
    at: 0,
    runs: [8_192, 4_096, 65_536, 36_864],
    stackPointer: 0,
    callable: 0,
    entry: 0,
  };
  const bytes = new Uint8Array(image.memory);
  for (let index = 0; index < bytes.length; index++) bytes[index] = index % 251;
  const message = {
    memories: [{ minimumPages: 3, maximumPages: null, memory64: false }],
    memoryBytes: 1 << 20,
    input: { engine: "python", request: "", start: { kind: "image", image } },
  } as unknown as RunMessage;
  const expected = Buffer.alloc(3 * 65_536);
  let read = 0;
  for (let run = 0; run < image.runs.length; run += 2) {
    const [offset, length] = [image.runs[run]!, image.runs[run + 1]!];
    expected.set(bytes.subarray(read, read + length), offset);
    read += length;
  }
  const isImage = (standby: Standby | null) => Buffer.from(standby!.memory.buffer).equals(expected);
  const shelf = new ImageShelf();
  // As a start function does: what it writes is not in the image.
  const link = ({ memory }: Standby) => void new Uint8Array(memory.buffer, 0, 100_000).fill(0x55);
  const first = shelf.take(message, link)!;
  expect(isImage(first)).toBe(true);
  new Uint8Array(first.memory.buffer).fill(0xaa);
  shelf.put(message, first, link);
  expect(isImage(first)).toBe(true);
  expect(shelf.take(message, link)).toBe(first);
  // It is somebody's now.
  const second = shelf.take(message, link)!;
  expect(second).not.toBe(first);
  // Whatever a run writes, and wherever.
  const used = new Uint8Array(second.memory.buffer);
  for (let round = 0; round < 200; round++) {
    for (let write = 0; write < 20; write++) used[(round * 7919 + write * 104_729) % used.length] = round ^ write;
    shelf.put(message, second, link);
    expect(isImage(second)).toBe(true);
    expect(shelf.take(message, link)).toBe(second);
  }
  // A memory that has grown is not used again.
  second.memory.grow(1);
  shelf.put(message, second, link);
  // Another maximum is another memory.
  const other = shelf.take({ ...message, memoryBytes: 2 << 20 }, link)!;
  const replaced = shelf.take(message, link)!;
  expect(new Set([first, second, other, replaced]).size).toBe(4);
  expect(isImage(replaced)).toBe(true);
});

const py = python({ pool: { threads: 1 } });

test("a hundred runs on one thread see nothing of each other", async () => {
  const text = task(
    `
import builtins, random, sys, os, json, string
seen = [getattr(builtins, "left", None), os.environ.get("LEFT"), getattr(json, "left", None), "left" in sys.modules, sys.argv[1:], string.digits, len(MARK)]
builtins.left = json.left = os.environ["LEFT"] = "behind"
sys.modules["left"] = json
string.digits = "gone"
MARK.append(args)
open("/tmp/left", "w").write("x" * 1000)
junk = [bytearray(b"secret" * 100) for _ in range(50)]
return [seen, random.random()]`,
  ).replace("@task", "MARK = []\n@task");
  const values = new Set<unknown>();
  for (let run = 0; run < 100; run++) {
    const { result, error } = await py.run(text, { args: [run] });
    expect(error).toBe("");
    const [seen, value] = result as [unknown[], number];
    expect(seen).toEqual([null, null, null, false, [String(run)], "0123456789", 0]);
    values.add(value);
  }
  expect(values.size).toBe(100);
});
