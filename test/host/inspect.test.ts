/** Job: what `inspect` says of a file without running a task of it. */

import { join } from "node:path";
import { Capsule, CapsuleError } from "@capsule-run/host";
import { expect, test } from "vitest";
import { python } from "../python/support.ts";
import { cacheFolder } from "../support/shared.ts";

const host = python();
const open = (limits: Readonly<Record<string, unknown>> = {}) =>
  Capsule.open({ cache: { folder: join(cacheFolder(), "python") }, limits });

test("the tasks of a program, each with what it would get under the ceiling", async () => {
  await using capsule = await open({ ram: "128MB" });
  host.write(
    "main.py",
    `from capsule import task
print("not shown")
@task(name="big", ram="1GB", compute="LOW", timeout="3s")
def big(): ...
@task(name="main", allowed_hosts=["*.example.org"])
def main(): ...
`,
  );
  const inspection = await capsule.inspect("main.py", { cwd: host.folder });
  expect(inspection).toMatchObject({ entry: "main", incomplete: null, module: null });
  expect(inspection.engine.name).toBe("cpython");
  expect(inspection.tasks.map(({ name }) => name)).toEqual(["big", "main"]);
  expect(JSON.stringify(inspection.tasks[0]?.policy)).toContain("100000000");
  expect(JSON.stringify(inspection.tasks[1]?.policy)).toContain("*.example.org");
});

test("a top level that needs rights says how it broke off", async () => {
  await using capsule = await open();
  host.write("main.py", "from capsule import task\nopen('/secret.txt')\n@task\ndef main(): ...\n");
  const inspection = await capsule.inspect("main.py", { cwd: host.folder });
  expect(inspection.tasks).toEqual([]);
  expect(inspection.incomplete).toContain("line 2");
});

test("the imports, exports and memories of a core module", async () => {
  await using capsule = await open();
  host.write(
    "m.wat",
    `(module
      (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2 5)
      (func (export "f") (param i64 f32 externref) (result f64) (f64.const 0)))`,
  );
  const inspection = await capsule.inspect("m.wat", { cwd: host.folder });
  expect(inspection).toMatchObject({ entry: null, tasks: [], minimumMemoryBytes: 131_072 });
  expect(inspection.module).toEqual({
    imports: [{ module: "wasi_snapshot_preview1", name: "fd_write", kind: "function" }],
    exports: [
      { name: "memory", kind: "memory" },
      { name: "f", kind: "function", parameters: ["i64", "f32", "other"], results: ["f64"] },
    ],
    memories: [{ minimumPages: 2, maximumPages: 5, memory64: false }],
  });
});

test("what a run would be refused for is thrown", async () => {
  await using capsule = await open();
  await expect(capsule.inspect("nothing.py", { cwd: host.folder })).rejects.toThrow(CapsuleError);
  host.write("main.py", "from capsule import task\n@task(ram='a lot')\ndef main(): ...\n");
  await expect(capsule.inspect("main.py", { cwd: host.folder })).rejects.toThrow('ram is "a lot"');
});
