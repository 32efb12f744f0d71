/** Job: run the built command as a person would: in a process of its own, in a folder of its own. Never: import it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");
export const bin = join(root, "packages/cli/bin/capsule.js");
/** Kept between test runs: what is prepared once (Python) need not be prepared for each file. */
export const warmCache = join(root, "node_modules/.cache/capsule-tests");

if (!existsSync(join(root, "packages/cli/dist/main.js")))
  throw new Error("the command is not built: run `npm run build` before its tests");

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when `stream` holds `text`, rejects when the process ends without it. */
  saw(stream: "stdout" | "stderr", text: string): Promise<void>;
}

export interface Options {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  /** Another interpreter than the one that runs the tests. */
  readonly node?: string;
}

/** Starts `capsule ARGS…`; standard input is empty unless given. */
export function start(args: readonly string[], options: Options = {}): Running {
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: warmCache, ...options.env };
  delete env.NODE_OPTIONS;
  const child = spawn(options.node ?? process.execPath, [bin, ...args], {
    cwd: options.cwd ?? root,
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that ends before it has read its input is no fault of the test's.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin ?? "");
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
  const text = (stream: "stdout" | "stderr") => Buffer.concat(chunks[stream]).toString("utf8");
  const finished = new Promise<Finished>((done, failed) => {
    child.on("error", failed);
    child.on("close", (code, signal) => done({ code, signal, stdout: text("stdout"), stderr: text("stderr") }));
  });
  const saw = (stream: "stdout" | "stderr", wanted: string) =>
    new Promise<void>((done, failed) => {
      const look = () => {
        if (text(stream).includes(wanted)) done();
      };
      child[stream]!.on("data", look);
      look();
      finished.then(
        (end) =>
          failed(new Error(`ended (${end.code ?? end.signal}) without ${JSON.stringify(wanted)}: ${end.stderr}`)),
        failed,
      );
    });
  return { child, finished, saw };
}

/** Runs `capsule ARGS…` to its end. */
export const capsule = (args: readonly string[], options: Options = {}): Promise<Finished> =>
  start(args, options).finished;

/** A folder with these files, gone at the end of the block: `using folder = project({ "main.py": "…" })`. */
export function project(files: Readonly<Record<string, string | Uint8Array>> = {}): {
  readonly path: string;
  [Symbol.dispose](): void;
} {
  const path = mkdtempSync(join(tmpdir(), "capsule-e2e-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const onTerminal = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
`;

/** Runs `capsule ARGS…` on a terminal of its own (a pseudo-terminal made by Python): what the screen is sent, and the exit code. */
export async function terminal(
  args: readonly string[],
  options: Options = {},
): Promise<{ code: number | null; screen: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm-256color", XDG_CACHE_HOME: warmCache, ...options.env };
  // Colours are decided by the terminal, not by how the tests themselves were started.
  for (const name of ["NODE_OPTIONS", "CI", "FORCE_COLOR", ...("NO_COLOR" in (options.env ?? {}) ? [] : ["NO_COLOR"])])
    delete env[name];
  const child = spawn("python3", ["-c", onTerminal, options.node ?? process.execPath, bin, ...args], {
    cwd: options.cwd ?? root,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  // Typed once the program has shown something; the pipe stays open, as a keyboard does.
  if (options.stdin !== undefined) child.stdout.once("data", () => child.stdin.write(options.stdin!));
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((done, failed) => child.on("error", failed).on("close", done));
  return { code, screen: Buffer.concat(chunks).toString("utf8").replaceAll("\r\n", "\n") };
}
