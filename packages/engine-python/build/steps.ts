/** Job: run the commands of the build, one line of progress for each step, the tail of the log where one fails. Never: know Python. */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Workspace {
  /** Everything that the build makes lies below this folder. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export class BuildError extends Error {}

/** Runs `command` with its output in `<folder>/logs/<name>.log`; rejects with the log's last lines. */
export async function run(
  workspace: Workspace,
  name: string,
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const logs = join(workspace.folder, "logs");
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${name}.log`);
  const out = openSync(log, "w");
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? workspace.folder,
      env: { ...machine(), ...workspace.env, ...options.env },
      stdio: ["ignore", out, out],
    });
    child.on("error", reject);
    child.on("exit", resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    throw new BuildError(
      error.code === "ENOENT" ? `"${command}" is not on this machine; install it and start again` : String(error),
    );
  });
  if (code === 0) return;
  const tail = readFileSync(log, "utf8").split("\n").slice(-25).join("\n");
  throw new BuildError(`step "${name}" failed (${command}, exit status ${code}); the end of ${log}:\n${tail}`);
}

/** Where this machine's tools are and how they reach their registries; nothing else of the environment gets into a build. */
function machine(): Record<string, string> {
  const passed =
    /^(?:PATH|HOME|TMPDIR|RUSTUP_\w+|CARGO_HOME|CARGO_REGISTRIES_\w+|PIP_\w+|SSL_CERT_\w+|(?:https?|all|no)_proxy)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => passed.test(entry[0])),
  );
}

/** Prints the step, waits for it, prints its time. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  process.stderr.write(`${title} …`);
  const start = performance.now();
  const result = await work();
  process.stderr.write(` ${((performance.now() - start) / 1000).toFixed(0)} s\n`);
  return result;
}
