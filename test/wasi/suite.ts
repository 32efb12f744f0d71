/**
 * Job: find the official preview1 programs (github.com/WebAssembly/wasi-testsuite, branch prod/testsuite-base) and run one on
 * our kernel. They are kept in a cache, not in the repository: no package registry carries them.
 * Never: judge.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mount } from "../../packages/host/src/wasi/config.ts";
import { GuestExit } from "../../packages/host/src/wasi/kernel.ts";
import { cacheFolder, sharedFolder } from "../support/shared.ts";
import { type Front, Guest, oflag } from "./guest.ts";
import { runCommand } from "./preview2/component.ts";

export interface Program {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly root: string | null;
  readonly exitCode: number;
  readonly stdout: string | null;
}

/** The checkout: named by CAPSULE_WASI_TESTSUITE, or `wasi-testsuite` in the tests' cache or shared folder; null when there is none. */
export function suiteFolder(): string | null {
  const candidates = [
    process.env["CAPSULE_WASI_TESTSUITE"],
    join(cacheFolder(), "wasi-testsuite"),
    join(sharedFolder() ?? "", "wasi-testsuite"),
  ];
  return candidates.find((folder) => folder !== undefined && existsSync(join(folder, "tests"))) ?? null;
}

interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly root?: string | null;
  readonly exit_code?: number;
  readonly stdout?: string;
}

export function programs(folder: string): Program[] {
  return ["assemblyscript", "c", "rust"].flatMap((language) => {
    const suite = join(folder, "tests", language, "testsuite", "wasm32-wasip1");
    return readdirSync(suite)
      .filter((file) => file.endsWith(".wasm"))
      .sort()
      .map((file) => {
        const name = file.slice(0, -".wasm".length);
        const json = join(suite, `${name}.json`);
        const given: Specification = existsSync(json) ? JSON.parse(readFileSync(json, "utf8")) : {};
        return {
          name: `${language}/${name}`,
          path: join(suite, file),
          args: given.args ?? [],
          env: given.env ?? {},
          root: given.root ? join(suite, given.root) : null,
          exitCode: given.exit_code ?? 0,
          stdout: given.stdout ?? null,
        };
      });
  });
}

/** Puts the files of a folder into the guest's tree through the guest's own calls. */
function upload(guest: Guest, folder: string, at: string): void {
  for (const name of readdirSync(folder)) {
    const [from, to] = [join(folder, name), at === "" ? name : `${at}/${name}`];
    if (statSync(from).isDirectory()) {
      guest.mkdir(to);
      upload(guest, from, to);
    } else {
      const fd = guest.openAll(to, { oflags: oflag.create }).value!;
      guest.write(fd, readFileSync(from, "utf8"));
      guest.close(fd);
    }
  }
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runModule(guest: Guest, bytes: Uint8Array<ArrayBuffer>): number {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    wasi_snapshot_preview1: { ...guest.calls },
  });
  guest.useMemory(instance.exports["memory"] as WebAssembly.Memory);
  try {
    (instance.exports["_start"] as () => void)();
  } catch (error) {
    if (!(error instanceof GuestExit)) throw error;
  }
  return guest.kernel.ended?.code ?? 0;
}

/** Runs `program` on a copy of its root, on the host or in memory; as the component that `component` makes of it, if given. */
export async function run(
  program: Program,
  kind: "directory" | "temporary",
  front: Front = "preview1",
  component: ((module: Uint8Array) => Promise<Uint8Array>) | null = null,
): Promise<Outcome> {
  const copy = mkdtempSync(join(tmpdir(), "capsule-suite-"));
  try {
    if (program.root !== null) cpSync(program.root, copy, { recursive: true });
    const mount: Mount =
      kind === "directory"
        ? { kind, guestPath: "/", hostPath: copy, mode: "rw" }
        : { kind, guestPath: "/", maxBytes: 1024 * 1024 };
    const guest = new Guest({
      front,
      args: [program.name, ...program.args],
      env: [...Object.entries(program.env), ["ERRNO_MODE_UNIX", "1"]].filter(
        // The programs that count variables count exactly.
        ([name]) => name !== "ERRNO_MODE_UNIX" || program.name.startsWith("rust/"),
      ) as [string, string][],
      mounts: program.root === null ? [] : [mount],
      preopens: program.root === null ? [] : ["/"],
    });
    if (kind === "temporary" && program.root !== null) upload(guest, program.root, "");
    const bytes = readFileSync(program.path);
    try {
      const exitCode = component ? runCommand(guest.kernel, await component(bytes)) : runModule(guest, bytes);
      return { exitCode, stdout: guest.stdout, stderr: guest.stderr };
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.stack : String(error)}\n${guest.stderr}`);
    } finally {
      guest.kernel.dispose();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
