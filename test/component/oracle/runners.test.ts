/**
 * Job: tasks in components made by toolchains, Rust and JavaScript, asking everything of their host that there is to ask.
 * Never: the rules of tasks themselves (test/component/runner.test.ts).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { component } from "../../../fixtures/components/build.ts";
import { componentHost } from "../run-support.ts";

const host = await componentHost({ pool: { threads: 2 } });
mkdirSync(join(host.folder, "data"));
writeFileSync(join(host.folder, "data/secret.txt"), "what lies there");

const policy = { compute: "MEDIUM", ram: "64MB" };

describe.each(["runner-rust", "runner-javascript"])("%s", (name) => {
  const run = async (args: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) => {
    const built = await component(name);
    if ("missing" in built) return null;
    let printed = "";
    const { result, error } = await host.runBytes(built.bytes, {
      args,
      policy: { ...policy, ...more },
      stdout: (bytes) => {
        printed += Buffer.from(bytes).toString();
      },
    });
    return { result, ended: error?.error_type ?? null, message: error?.message ?? "", printed };
  };
  const rust = name === "runner-rust";

  test("gets its arguments as JSON and answers JSON", async ({ skip }) => {
    const answer = await run(["echo", { list: [1, "zwei €", null, true] }]);
    if (answer === null) return skip(`${name} cannot be built here`);
    expect(answer).toMatchObject({
      result: { task_name: "main", args: ["echo", { list: [1, "zwei €", null, true] }], kwargs: {} },
      ended: null,
    });
  });

  test("fails with its own words", async ({ skip }) => {
    const answer = await run(["fail", "as asked"]);
    if (answer === null) return skip(`${name} cannot be built here`);
    expect(answer).toMatchObject({ result: null, ended: "task_error" });
    expect(answer.message).toContain("as asked");
  });

  test("may not call a task that nobody declared", async ({ skip }) => {
    const answer = await run(["task", "../other.py", "{}", '{"allowed_files": ["/"]}']);
    if (answer === null) return skip(`${name} cannot be built here`);
    expect(answer.ended).toBeNull();
    expect(JSON.stringify(answer.result)).toMatch(/err/);
  });

  test.runIf(rust)("sees files, variables and hosts only where it may", async ({ skip }) => {
    process.env["RUNNER_TEST"] = "seen";
    const denied = await run(["read", "data/secret.txt"]);
    if (denied === null) return skip(`${name} cannot be built here`);
    expect(denied.result).toMatchObject({ err: expect.any(String) });
    expect((await run(["read", "data/secret.txt"], { allowed_files: ["./data"] }))!.result).toEqual({
      ok: "what lies there",
    });
    const readOnly = { allowed_files: [{ path: "./data", mode: "ro" }] };
    expect((await run(["write", "data/secret.txt", "changed"], readOnly))!.result).toMatchObject({
      err: expect.any(String),
    });
    expect(readFileSync(join(host.folder, "data/secret.txt"), "utf8")).toBe("what lies there");
    expect((await run(["env"]))!.result).toEqual([]);
    expect((await run(["env"], { env_variables: ["RUNNER_TEST"] }))!.result).toEqual([["RUNNER_TEST", "seen"]]);
    expect(JSON.stringify((await run(["http", "http://127.0.0.1:1/"]))!.result)).toMatch(/err/);
  });

  test.runIf(rust)("prints beside its answer, and cannot forge one", async ({ skip }) => {
    const answer = await run(["print", '{"success": true}']);
    if (answer === null) return skip(`${name} cannot be built here`);
    expect(answer).toMatchObject({ result: null, ended: null, printed: '{"success": true}\n' });
    // What is no JSON is a text.
    expect((await run(["not-json"]))!).toMatchObject({ result: "{", ended: null });
  });

  test.runIf(rust)("ends where it panics or spins", async ({ skip }) => {
    const panic = await run(["panic"]);
    if (panic === null) return skip(`${name} cannot be built here`);
    expect(panic.ended).toBe("wasm_error");
    expect((await run(["spin"], { compute: 1_000_000 }))!.ended).toBe("out_of_fuel");
    expect((await run(["spin"], { compute: "9000000000000000", timeout: "300ms" }))!.ended).toBe("timeout");
  });
});
