/** Job: run JavaScript programs through the public door, and the same programs under Node. Never: look inside. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Capsule, type CapsuleEvent, type CapsuleOptions, type Envelope, type RunOptions } from "@capsule-run/host";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { cacheFolder } from "../support/shared.ts";

export const fixtures = join(import.meta.dirname, "../../fixtures/javascript");

export interface Ran {
  readonly envelope: Envelope;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly CapsuleEvent[];
  /** The error as one text, for messages. */
  readonly error: string;
  readonly result: Envelope["result"];
}

export interface JavaScript {
  /** A folder of its own for each test, which is the project. */
  readonly folder: string;
  write(path: string, text: string | Uint8Array): void;
  /** Runs `text` as main.ts. */
  run(text: string, options?: RunOptions): Promise<Ran>;
  /** Runs a file, relative to the folder of fixtures. */
  runFile(file: string, options?: RunOptions): Promise<Ran>;
}

/** One host for the tests of a file. */
export function javascript(options: CapsuleOptions = {}): JavaScript {
  let capsule: Capsule;
  let folder = "";
  const folders: string[] = [];
  beforeAll(async () => {
    capsule = await Capsule.open({
      pool: { threads: 2 },
      cache: { folder: join(cacheFolder(), "javascript") },
      ...options,
    });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "capsule-javascript-"));
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
  const run = async (file: string, runOptions: RunOptions): Promise<Ran> => {
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
    run: (text, runOptions = {}) => {
      write("main.ts", text);
      return run("main.ts", { cwd: folder, ...runOptions });
    },
    runFile: (file, runOptions = {}) => run(join(fixtures, file), { cwd: join(fixtures, "../.."), ...runOptions }),
  };
}

/** `body` as the function of an asynchronous task `main`. */
export function task(body: string, options = ""): string {
  return `import { task } from "@capsule-run/sdk";\nexport const main = task({ name: "main"${options && `, ${options}`} }, async (...args: unknown[]) => {\n${body}\n});\n`;
}

const mark = "\n@@@ result ";

/** What a fixture's exported function gives under the Node that runs the tests, as JSON, and what it prints. */
export async function underNode(
  file: string,
  { call = "main", args = [] as readonly unknown[], cwd = fixtures, env = {} as Record<string, string> } = {},
): Promise<{ readonly stdout: string; readonly result: unknown }> {
  const program = `const { ${call}: call } = await import(${JSON.stringify(pathToFileURL(join(fixtures, file)).href)});
    const result = await call(...${JSON.stringify(args)});
    process.stdout.write(${JSON.stringify(mark)} + (JSON.stringify(result) ?? "null"));`;
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      ["--conditions=capsule-source", "--no-warnings", "--input-type=module", "-e", program],
      { cwd, env: { PATH: "", TZ: "UTC", ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => (error ? reject(new Error(`${file} under Node: ${err || error.message}`)) : resolve(out)),
    );
  });
  const at = stdout.lastIndexOf(mark);
  return { stdout: stdout.slice(0, at), result: JSON.parse(stdout.slice(at + mark.length)) };
}
