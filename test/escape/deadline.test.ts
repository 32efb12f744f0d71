/** Job: loops that V8 does not interrupt by itself end at their deadline, and their threads are gone. Never: time anything. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cacheFolder } from "../support/shared.ts";

/**
 * V8 14.6 leaves the interrupt check out of a loop whose only calls are the runtime's behind these operators (pause.ts):
 * without the call that the meter adds, `terminate()` is not heard and the thread runs until its fuel is gone.
 */
const module = `(module
  (table $t 900000 funcref)
  (func (export "fill") (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 900000)) (br $l)))
  (func (export "copy") (loop $l (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 899999)) (br $l)))
  (func (export "grow") (loop $l (drop (table.grow $t (ref.null func) (i32.const 0))) (br $l))))`;

let folder: string;
let capsule: Capsule;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "capsule-deadline-"));
  writeFileSync(join(folder, "loops.wat"), module);
  capsule = await Capsule.open({ pool: { threads: 1 }, cache: { folder: join(cacheFolder(), "escape") } });
});
afterAll(async () => {
  await capsule[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test.each(["fill", "copy", "grow"])("an endless loop of table.%s ends at its deadline", async (name) => {
  const policy = { timeout: "2s", compute: "9000000000000000" };
  const envelope = await capsule.run("loops.wat", { cwd: folder, invoke: `${name}()`, policy });
  expect(envelope.error?.error_type).toBe("timeout");
  expect(capsule.state).toMatchObject({ lost: 0, running: 0 });
});
