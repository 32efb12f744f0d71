/** Job: guests that fill the heap of their own thread through what the host keeps or parses for them: one large allocation there ends the process, not the thread. Never: linear memory, which has its limit. */
import { describe, expect, test } from "vitest";
import { javascript, task as javascriptTask } from "../javascript/support.ts";
import { python, task as pythonTask } from "../python/support.ts";

describe("JavaScript", () => {
  // A small heap, so that little suffices to fill it: without the bound this ends the process that runs the tests.
  const js = javascript({ pool: { threads: 1, limits: { heap: 32, stack: 4 } } });
  const large = `ram: "1GB", compute: "HIGH"`;

  test("rejected promises without a handler are counted, not kept", async () => {
    const { error } = await js.run(
      javascriptTask(
        `const kept = []; for (let i = 0; i < 600_000; i++) kept.push(Promise.reject(0));
         await new Promise((resolve) => setTimeout(resolve, 1));`,
        large,
      ),
    );
    expect(error).toMatch(/^task_error: 0/);
  });

  test("many rejections that are all handled before the turn ends are no failure", async () => {
    const { error, result } = await js.run(
      javascriptTask(
        `const settled = await Promise.allSettled(Array.from({ length: 30_000 }, async () => { throw new Error("mine"); }));
         return settled.length;`,
        large,
      ),
    );
    expect(error).toBe("");
    expect(result).toBe(30_000);
  });

  test("one rejection among many handled ones that stays without a handler ends the task", async () => {
    const { error } = await js.run(
      javascriptTask(
        `const all = Array.from({ length: 30_000 }, () => Promise.reject(new Error("mine")));
         for (const one of all.slice(0, -1)) one.catch(() => 0);
         await new Promise((resolve) => setTimeout(resolve, 1));`,
        large,
      ),
    );
    expect(error).toMatch(/^task_error: Error: mine/);
  });

  test.each(["Array", "Object"])("a message that %s.prototype.toJSON has blown up is refused unread", async (base) => {
    const { error, result } = await js.run(
      javascriptTask(
        `const fs = await import("node:fs");
         const wide = JSON.stringify(Array.from({ length: 300_000 }, () => []));
         const values = JSON.parse(wide);
         const heard = [];
         const attempts = [() => fs.statSync("/tmp"), () => fetch("http://a.example")];
         for (const attempt of attempts) {
           ${base}.prototype.toJSON = function () { delete ${base}.prototype.toJSON; return values; };
           try { await attempt(); heard.push("nothing"); } catch (error) { heard.push(typeof error); }
           delete ${base}.prototype.toJSON;
         }
         return heard.length;`,
        large,
      ),
    );
    expect(error).toBe("");
    expect(result).toBe(2);
  });

  test("declarations of many megabytes are refused unread", async () => {
    const { error } = await js.run(
      `import { task } from "@capsule-run/sdk";
       task({ name: "main", allowedFiles: Array(800_000).fill("") }, () => 0);`,
    );
    expect(error).toMatch(/^invalid_config: the program's declarations are \d+ characters/);
  });
});

describe("Python", () => {
  const py = python();

  test.each(["http", "task", "start-http", "start-task"])("a %s message of millions of values", async (verb) => {
    const { error, result } = await py.run(
      pythonTask(
        `import os
fd = os.open("/dev/capsule", os.O_RDWR)
os.write(fd, b"${verb} [")
chunk = b"[]," * 300_000
for _ in range(30): os.write(fd, chunk)
os.write(fd, b"[]]\\n")
return os.read(fd, 1000).decode()`,
        "compute='MEDIUM', ram='512MB'",
      ),
    );
    expect(error).toBe("");
    expect(result).toMatch(/"code":"invalid".*not JSON, or of more than \d+ values/);
  });
});
