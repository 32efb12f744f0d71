/** Job: `process` as far as a sandbox has one: variables, arguments, folder, streams, exit. Never: anything of the host's process. */
import EventEmitter from "events";
import { ask, askBytes } from "../core/host.ts";
import { addTick, now } from "../core/loop.ts";
import { onFinish, onFresh } from "../core/run.ts";
import { write } from "../web/console.ts";
import { define } from "../web/define.ts";

const emitter = new EventEmitter();
let folder = "/";
/** Set by fs.ts, which needs this module: looks whether there is such a folder, and gives its path. */
let changeFolder = (to: string): void => {
  folder = to;
};
export const setFolderChange = (find: (to: string) => string) => {
  changeFolder = (to) => {
    folder = find(to);
  };
};
let started = 0;

const output = (stream: 1 | 2) => ({
  fd: stream,
  isTTY: false,
  writable: true,
  columns: 80,
  write(chunk: unknown, encoding?: unknown, done?: unknown): boolean {
    const text = typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk as Uint8Array);
    write(stream, text);
    for (const callback of [encoding, done]) if (typeof callback === "function") queueMicrotask(() => callback());
    return true;
  },
  end: () => undefined,
  on: () => undefined,
  once: () => undefined,
  emit: () => false,
  removeListener: () => undefined,
});

const hrtime = (since?: readonly [number, number]): [number, number] => {
  const nanoseconds = BigInt(ask("now")) - (since ? BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]) : 0n);
  return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)];
};
hrtime.bigint = () => BigInt(ask("now"));

function exit(code?: number): never {
  const status = Number(code ?? process.exitCode ?? 0) & 0xff;
  emitter.emit("exit", status);
  ask("exited", `${status}`);
  throw new Error("unreachable");
}

/** Named, because readable-stream asks for these as members of its module "process". */
export const nextTick = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
  if (typeof callback !== "function")
    throw Object.assign(new TypeError('The "callback" argument must be of type function.'), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  addTick(() => callback(...args));
};

export const process = Object.assign(emitter, {
  title: "capsule",
  version: "v24.0.0",
  versions: { node: "24.0.0", quickjs: "ng" } as Record<string, string>,
  release: { name: "node" },
  platform: "linux",
  arch: "wasm32",
  pid: 1,
  ppid: 0,
  exitCode: undefined as number | undefined,
  execPath: "/capsule",
  execArgv: [] as string[],
  argv: [] as string[],
  argv0: "capsule",
  env: {} as Record<string, string>,
  features: {},
  config: {},
  stdout: output(1),
  stderr: output(2),
  stdin: {
    fd: 0,
    isTTY: false,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const bytes = new Uint8Array(askBytes("input", "65536"));
        if (bytes.length === 0) return;
        yield bytes;
      }
    },
  },
  cwd: () => folder,
  chdir: (to: string) => changeFolder(to),
  exit: (code?: number): never => exit(code),
  abort: (): never => exit(134),
  nextTick,
  hrtime,
  uptime: () => (now() - started) / 1000,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), {
    rss: () => 0,
  }),
  cpuUsage: () => ({ user: Math.round(now() * 1000), system: 0 }),
  emitWarning: (warning: unknown) =>
    write(2, `(capsule) Warning: ${warning instanceof Error ? warning.message : (warning as string)}\n`),
  umask: () => 0o022,
  getuid: () => 0,
  geteuid: () => 0,
  getgid: () => 0,
  kill: () => {
    throw Object.assign(new Error("a sandbox has no processes to signal"), { code: "EPERM" });
  },
  binding: () => {
    throw new Error("process.binding is not available in a sandbox");
  },
});

onFresh((request) => {
  started = now();
  process.env = JSON.parse(ask("environment")) as Record<string, string>;
  process.argv = ["capsule", "program.js", ...request.argv];
});
onFinish(() => {
  if (emitter.listenerCount("exit") > 0) emitter.emit("exit", 0);
});

define(globalThis, { process, global: globalThis });
