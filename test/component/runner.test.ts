/** Job: components that run tasks (capsule:host/task-runner): results, errors, tasks that call tasks, HTTP; rights are never the guest's to choose. */
import type { CapsuleEvent, RunOptions } from "@capsule-run/host";
import { describe, expect, test } from "vitest";
import { publicAddress, serve } from "../net/support.ts";
import { componentHost, fromModule, fromText } from "./run-support.ts";
import { allocator, runnerWit } from "./run-worlds.ts";

const host = await componentHost({ limits: { private_addresses: [publicAddress], max_depth: 6 } });

/**
 * `body` is `run`'s, its request at (local 0, local 1). Texts are at hand as `(call $name)`, which gives pointer and length;
 * `$ok` and `$err` make the answer of such a pair.
 */
function runner(body: string, texts: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  let at = 1024;
  const data = Object.entries(texts).map(([name, text]) => {
    const length = Buffer.byteLength(text);
    const piece = `(data (i32.const ${at}) ${JSON.stringify(text).replaceAll("\\n", "\\0a")})
      (func $${name} (result i32 i32) (i32.const ${at}) (i32.const ${length}))`;
    at += length + 16;
    return piece;
  });
  return fromModule(
    `(module
      (import "capsule:host/api" "schedule-task" (func $schedule-task (param i32 i32 i32 i32 i32 i32 i32)))
      (import "capsule:host/api" "http-request" (func $http-request (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
      (memory (export "memory") 1)
      ${allocator(8192)}
      (func $answer (param i32 i32 i32) (result i32)
        (i32.store (i32.const 64) (local.get 0)) (i32.store (i32.const 68) (local.get 1))
        (i32.store (i32.const 72) (local.get 2)) (i32.const 64))
      (func $ok (param i32 i32) (result i32) (call $answer (i32.const 0) (local.get 0) (local.get 1)))
      (func $err (param i32 i32) (result i32) (call $answer (i32.const 1) (local.get 0) (local.get 1)))
      ;; The text that the host's answer at 128 holds: of ok at 4, of a variant's case at 8; as ok.
      (func $told (result i32) (if (result i32) (i32.load8_u (i32.const 128))
        (then (call $ok (i32.load offset=8 (i32.const 128)) (i32.load offset=12 (i32.const 128))))
        (else (call $ok (i32.load offset=4 (i32.const 128)) (i32.load offset=8 (i32.const 128))))))
      ;; Whether the task's name begins with a character: {"task_name":"…
      (func $named (param i32 i32) (result i32) (i32.eq (i32.load8_u offset=14 (local.get 0)) (local.get 1)))
      ${data.join("\n")}
      (func (export "capsule:host/task-runner#run") (param i32 i32) (result i32) ${body}))`,
    runnerWit,
  );
}

const echo = () => runner("(call $ok (local.get 0) (local.get 1))");
const answering = (verb: "ok" | "err", text: string) => runner(`(call $${verb} (call $text))`, { text });

async function watched(bytes: Uint8Array, options: RunOptions = {}) {
  const events: CapsuleEvent[] = [];
  const envelope = await host.runBytes(bytes, { ...options, onEvent: (event) => void events.push(event) });
  return { envelope, events };
}

describe("a task", () => {
  test("gets its name and arguments as the text that they were", async () => {
    const args = '[1.0, -0.0, 18446744073709551617, "é"]';
    const envelope = await host.runBytes(await echo(), { args, kwargs: '{"deep": [1e2]}' });
    expect(envelope.resultText).toBe(`{"task_name":"main","args":${args},"kwargs":{"deep": [1e2]}}`);
  });

  test("any name is passed on, as a text and nothing else", async () => {
    const envelope = await host.runBytes(await echo(), { task: 'a"},"args":[' });
    expect(envelope.result).toEqual({ task_name: 'a"},"args":[', args: [], kwargs: {} });
    expect(envelope.execution.task_name).toBe('a"},"args":[');
  });

  test.each([
    ["a result in the reference's object", '{"result": {"error": 1, "x": 1.0}}', '{"error": 1, "x": 1.0}'],
    ["a result beside something else", '{"result": 1, "more": 2}', '{"result": 1, "more": 2}'],
    ["a text that looks like one", '"{\\"result\\": 1}"', '"{\\"result\\": 1}"'],
    ["a value", " [1, 2] ", " [1, 2] "],
    ["no JSON", "{", '"{"'],
    ["an object of errors", '{"error": {"code": 1}}', '{"error": {"code": 1}}'],
  ])("%s", async (_, said, text) => {
    const envelope = await host.runBytes(await answering("ok", said));
    expect(envelope.error).toBeNull();
    expect(envelope.resultText).toBe(text);
  });

  test.each([
    ["err", "err", "it went wrong", "it went wrong"],
    ["an error in the reference's object", "ok", '{"error_type": "task_error", "message": "boom"}', "boom"],
    ["one of the oldest", "ok", '{"error": "no such task"}', "no such task"],
    ["err without a word", "err", "", "the task failed without saying how"],
  ] as const)("%s is a task_error", async (_, verb, said, message) => {
    expect((await host.runBytes(await answering(verb, said))).error).toEqual({ error_type: "task_error", message });
  });

  test("a program without a runner has no tasks", async () => {
    const { error } = await host.runBytes(await fromText("(component)"), {
      task: "report",
    });
    expect(error).toMatchObject({ error_type: "invalid_config", message: expect.stringContaining('"report"') });
  });
});

describe("a task that calls a task", () => {
  const texts = {
    child: "child",
    args: "[7, 1.0]",
    config: '{"compute": 9000000000, "allowed_files": ["."], "allowed_hosts": ["*"], "env_variables": ["HOME"]}',
  };
  const calling = (name = "child", args = texts.args) =>
    runner(
      `(if (result i32) (call $named (local.get 0) (i32.const 109))
        (then (call $schedule-task (call $child) (call $args) (call $config) (i32.const 128)) (call $told))
        (else (call $ok (local.get 0) (local.get 1))))`,
      { ...texts, child: name, args },
    );

  test("has the envelope of that task", async () => {
    const { envelope } = await watched(await calling());
    expect(envelope.error).toBeNull();
    expect(envelope.result).toMatchObject({
      success: true,
      result: { task_name: "child", args: [7, 1], kwargs: {} },
      execution: { task_name: "child", engine: { name: "component" } },
    });
    expect(envelope.resultText).toContain('"args":[7, 1.0]');
  });

  test("gives it no rights: what the guest says of them is not read", async () => {
    const { events } = await watched(await calling(), { policy: { compute: 5_000_000, allowed_hosts: ["a.example"] } });
    const policies = events.flatMap((event) => (event.kind === "queued" ? [event.policy] : []));
    expect(policies).toHaveLength(2);
    const [parent, child] = policies;
    expect(child).toMatchObject({ fuel: parent?.fuel, files: [], env: [], hosts: parent?.hosts });
  });

  test("each has a sandbox of its own, and events that name both", async () => {
    const { events } = await watched(await calling());
    const started = events.flatMap((event) => (event.kind === "started" ? [[event.task, event.parent === null]] : []));
    expect(started).toEqual([
      ["main", true],
      ["child", false],
    ]);
  });

  test("which calls itself without end reaches the limit of depth, and the run ends", async () => {
    const { envelope } = await watched(await calling("main"), { policy: { compute: 1_000_000_000 } });
    expect(envelope.error).toBeNull();
    expect(envelope.resultText).toMatch(/permission_denied/);
  });

  test.each([
    ["arguments that are no JSON", "child", "[1,", "the arguments are no JSON array"],
    ["arguments that are no array", "child", '{"a": 1}', "the arguments are no JSON array"],
    ["no name", "", "[]", "1 to 200 characters"],
    ["a long name", "n".repeat(201), "[]", "1 to 200 characters"],
  ])("is told of %s", async (_, name, args, message) => {
    const { envelope } = await watched(await calling(name, args));
    expect(envelope.error).toBeNull();
    expect(envelope.result).toContain(message);
  });
});

describe("a request", () => {
  const asking = (url: string) =>
    runner(
      `(call $http-request (call $method) (call $url) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 128))
       (if (result i32) (i32.load8_u (i32.const 128))
         (then (call $err (i32.load offset=8 (i32.const 128)) (i32.load offset=12 (i32.const 128))))
         (else (call $ok (i32.load offset=16 (i32.const 128)) (i32.load offset=20 (i32.const 128)))))`,
      { method: "GET", url },
    );

  test("reaches a host that is allowed, and stands in the envelope", async () => {
    const port = await serve((request, response) => void response.end(`${request.method} ${request.url}`));
    const url = `http://${publicAddress}:${port}/a?key=s3cret`;
    const { envelope } = await watched(await asking(url), { policy: { allowed_hosts: [publicAddress] } });
    expect(envelope.result).toBe("GET /a?key=s3cret");
    expect(envelope.execution.host_requests).toMatchObject([
      { method: "GET", status: 200, url: expect.stringContaining("?…") },
    ]);
  });

  test("to another is refused: an event, and nothing on the wire", async () => {
    let hits = 0;
    const port = await serve((_, response) => void response.end(String(hits++)));
    const { envelope, events } = await watched(await asking(`http://${publicAddress}:${port}/`));
    expect(envelope.error?.error_type).toBe("task_error");
    expect(events.find(({ kind }) => kind === "denied")).toMatchObject({ denial: { kind: "host" } });
    expect(hits).toBe(0);
  });
});
