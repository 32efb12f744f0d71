/** Job: a program's declarations become a plan; what comes out of the sandbox is checked. */
import { CapsuleError } from "@capsule-run/host";
import { describe, expect, test } from "vitest";
import { emptyPlan, entryOf, readPlan } from "../../packages/host/src/program/plan.ts";

const plan = (names: readonly string[], main = false) =>
  readPlan(JSON.stringify({ tasks: names.map((name) => ({ name, options: {} })), main }));

describe("what a run begins with", () => {
  test.each([
    ["the task main, wherever it stands", plan(["a", "main", "b"], true), null, { kind: "task", name: "main" }],
    ["else a function main", plan(["a"], true), null, { kind: "main" }],
    ["else the first task", plan(["b", "a"]), null, { kind: "task", name: "b" }],
    ["else the top level", plan([]), null, { kind: "script" }],
    ["the one that was asked for", plan(["main", "a"]), "a", { kind: "task", name: "a" }],
    ["the function main by its name", plan(["a"], true), "main", { kind: "main" }],
  ] as const)("%s", (_, given, wanted, entry) => {
    expect(entryOf(given, wanted)).toEqual(entry);
  });

  test("a task that is not declared is refused with the names that are", () => {
    expect(() => entryOf(plan(["a", "b"]), "c")).toThrow('there is no task "c"; declared: "a", "b"');
  });

  test("where the top level broke off, the refusal says so", () => {
    const broken = { ...emptyPlan, declares: true, incomplete: "it failed:\nOSError: no" };
    expect(() => entryOf(broken, "a")).toThrow("OSError: no");
  });
});

describe("declarations", () => {
  test("options are read and checked", () => {
    const text = JSON.stringify({
      tasks: [{ name: "t", options: { compute: "LOW", ram: "64MB", max_retries: 2 } }],
      main: false,
    });
    expect(readPlan(text).tasks.get("t")).toEqual({ fuel: 100_000_000n, memoryBytes: 64 * 1024 ** 2, maxRetries: 2 });
  });

  test.each([
    ["an unknown option", { tasks: [{ name: "t", options: { timout: "1s" } }] }, 'did you mean "timeout"'],
    ["a wrong value", { tasks: [{ name: "t", options: { ram: -1 } }] }, 'task "t": ram is -1'],
    ["no name", { tasks: [{ options: {} }] }, "has no name"],
    ["a name that is no text", { tasks: [{ name: 7, options: {} }] }, "name is 7"],
    ["a name with control characters", { tasks: [{ name: "a\u001b[2J", options: {} }] }, "control characters"],
    ["a name twice", { tasks: [{ name: "t" }, { name: "t" }] }, "declared twice"],
    ["no list", { tasks: 7 }, "did not list"],
    ["nothing", null, "did not list"],
  ])("%s is refused", (_, said, part) => {
    expect(() => readPlan(JSON.stringify(said))).toThrow(CapsuleError);
    expect(() => readPlan(JSON.stringify(said))).toThrow(part);
  });
});
