/** Job: what V8 makes of the command's own files is kept for the next command, where nobody else can have put it. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project } from "./support/capsule.ts";

const files = { "task.wat": '(module (memory 1) (func (export "_start")))' };

/** The files below the folder of V8's code. */
async function keptBy(cache: string): Promise<readonly string[]> {
  using folder = project(files);
  const ended = await capsule(["run", "task.wat"], { cwd: folder.path, env: { XDG_CACHE_HOME: cache } });
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const code = join(cache, "capsule/code");
  return readdirSync(code, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(code, name)).isFile());
}

test("code is kept in a folder of ours alone", async () => {
  using cache = project();
  expect(await keptBy(cache.path)).not.toEqual([]);
  expect(statSync(join(cache.path, "capsule")).mode & 0o777).toBe(0o700);
  expect(statSync(join(cache.path, "capsule/code")).mode & 0o777).toBe(0o700);
});

test("code in a folder that others can write to is not used, nor code behind a link", async () => {
  using cache = project();
  const code = join(cache.path, "capsule/code");
  mkdirSync(code, { recursive: true });
  chmodSync(code, 0o777);
  expect(await keptBy(cache.path)).toEqual([]);

  using above = project();
  mkdirSync(join(above.path, "capsule/code"), { recursive: true });
  chmodSync(join(above.path, "capsule"), 0o777);
  expect(await keptBy(above.path)).toEqual([]);

  using other = project();
  using elsewhere = project();
  mkdirSync(join(other.path, "capsule"));
  symlinkSync(elsewhere.path, join(other.path, "capsule/code"));
  expect(await keptBy(other.path)).toEqual([]);
});

test.each(["", "."])("a home of %j is not the project's folder, whose files could be code", async (home) => {
  using folder = project(files);
  await capsule(["run", "task.wat"], { cwd: folder.path, env: { XDG_CACHE_HOME: undefined, HOME: home } });
  expect(readdirSync(folder.path)).toEqual(["task.wat"]);
});

test("a cache that cannot be made stops nothing", async () => {
  using folder = project({ ...files, taken: "" });
  const env = { XDG_CACHE_HOME: join(folder.path, "taken") };
  expect(await capsule(["run", "task.wat"], { cwd: folder.path, env })).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(join(folder.path, "taken/capsule"))).toBe(false);
});
