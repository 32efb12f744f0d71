/** Job: the image of the booted interpreter: the same whoever makes it, whole again after every run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { expect, onTestFinished, test } from "vitest";
import { ImageShelf, writeImage } from "../../packages/host/src/worker/inside/image-shelf.ts";
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
  const shelf = new ImageShelf();
  expect(shelf.take(message)).toBe(null);
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 16 });
  writeImage(image, memory, false);
  const expected = new Uint8Array(memory.buffer.slice(0));
  new Uint8Array(memory.buffer).fill(0xaa);
  shelf.put(message, [memory]);
  const ready = shelf.take(message)!.memory;
  expect(Buffer.from(ready.buffer).equals(expected)).toBe(true);
  expect(shelf.take(message)).toBe(null);
  ready.grow(1);
  shelf.put(message, [ready]);
  expect(shelf.take(message)).toBe(null);
  // Another maximum is another memory.
  shelf.put(message, [memory]);
  expect(shelf.take({ ...message, memoryBytes: 2 << 20 })).toBe(null);
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
