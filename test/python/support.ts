/** Job: run Python programs written in a test through the public door. Never: look inside. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Capsule, type CapsuleEvent, type CapsuleOptions, type Envelope, type RunOptions } from "@capsule-run/host";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { cacheFolder } from "../support/shared.ts";

export interface Ran {
  readonly envelope: Envelope;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly CapsuleEvent[];
  /** The error as one text, for messages. */
  readonly error: string;
  readonly result: Envelope["result"];
}

export interface Python {
  /** A folder of its own for each test, which is the project. */
  readonly folder: string;
  write(path: string, text: string | Uint8Array): void;
  /** Runs `text` as main.py. */
  run(text: string, options?: RunOptions): Promise<Ran>;
}

/** One host for the tests of a file. */
export function python(options: CapsuleOptions = {}): Python {
  let capsule: Capsule;
  let folder = "";
  const folders: string[] = [];
  beforeAll(async () => {
    capsule = await Capsule.open({
      pool: { threads: 2 },
      cache: { folder: join(cacheFolder(), "python") },
      ...options,
    });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "capsule-python-"));
    folders.push(folder);
  });
  afterAll(async () => {
    await capsule[Symbol.asyncDispose]();
    for (const old of folders) rmSync(old, { recursive: true, force: true });
  });
  const write = (path: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  return {
    get folder() {
      return folder;
    },
    write,
    async run(text, runOptions = {}) {
      write("main.py", text);
      const printed = { stdout: "", stderr: "" };
      const events: CapsuleEvent[] = [];
      const envelope = await capsule.run("main.py", {
        cwd: folder,
        stdout: (bytes) => {
          printed.stdout += Buffer.from(bytes).toString();
        },
        stderr: (bytes) => {
          printed.stderr += Buffer.from(bytes).toString();
        },
        onEvent: (event) => events.push(event),
        ...runOptions,
      });
      const error = envelope.error === null ? "" : `${envelope.error.error_type}: ${envelope.error.message}`;
      return { envelope, ...printed, events, error, result: envelope.result };
    },
  };
}

/** `body` as the function of a task `main`. */
export function task(body: string, options = "", parameters = "*args"): string {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => `    ${line}`);
  return `from capsule import task\n\n@task(name="main"${options && `, ${options}`})\ndef main(${parameters}):\n${lines.join("\n")}\n`;
}
