/** Job: run programs written in a test through the public door, each test in a project of its own. Never: look inside. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Capsule, type CapsuleEvent, type CapsuleOptions, type Envelope, type RunOptions } from "@capsule-run/host";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { cacheFolder } from "./shared.ts";

export interface Ran {
  readonly envelope: Envelope;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly CapsuleEvent[];
  /** The error as one text, for messages. */
  readonly error: string;
  readonly result: Envelope["result"];
}

export interface Programs {
  /** A folder of its own for each test, which is the project. */
  readonly folder: string;
  write(path: string, text: string | Uint8Array): void;
  /** Runs `text` as the main file. */
  run(text: string, options?: RunOptions): Promise<Ran>;
  /** Runs a file that is there. */
  runFile(file: string, options?: RunOptions): Promise<Ran>;
}

/** One host for the tests of a file; `main` is what its programs are written to. */
export function programs(language: string, main: string, options: CapsuleOptions = {}): Programs {
  let capsule: Capsule;
  let folder = "";
  const folders: string[] = [];
  beforeAll(async () => {
    capsule = await Capsule.open({
      pool: { threads: 2 },
      cache: { folder: join(cacheFolder(), language) },
      ...options,
    });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), `capsule-${language}-`));
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
  const runFile = async (file: string, runOptions: RunOptions = {}): Promise<Ran> => {
    const printed = { stdout: "", stderr: "" };
    const events: CapsuleEvent[] = [];
    const envelope = await capsule.run(file, {
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
  };
  return {
    get folder() {
      return folder;
    },
    write,
    run(text, runOptions = {}) {
      write(main, text);
      return runFile(main, { cwd: folder, ...runOptions });
    },
    runFile,
  };
}
