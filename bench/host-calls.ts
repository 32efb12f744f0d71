/**
 * Job: what a file call costs a guest: our kernel beside `node:wasi` (which is fast and, by its own documentation, not for
 * untrusted code), the same module making the same calls on the same files; and the calls that leave the thread
 * (`--only round-trips`: sub-tasks and HTTP).
 * Never: compare before both have given the same answers.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { parseText } from "@capsule-run/instrument/text";
import { defaultQuotas } from "../packages/host/src/wasi/config.ts";
import { Kernel } from "../packages/host/src/wasi/kernel.ts";
import { preview1 } from "../packages/host/src/wasi/preview1.ts";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { roundTrips } from "./support/round-trips.ts";
import { best, median } from "./support/statistics.ts";
import type { Table } from "./support/table.ts";

export const name = "host-calls";
export const description = "one call of the host from a guest: WASI files, sub-tasks, HTTP";

/** Paths at fixed places: pointer and length. */
const paths = {
  file: [1024, "f"],
  nested: [1056, "a/b/f"],
  missing: [1088, "missing"],
  directory: [1120, "many"],
} as const;
const at = (path: keyof typeof paths) => `(i32.const ${paths[path][0]}) (i32.const ${paths[path][1].length})`;

/** Rights: read, seek, tell, write, readdir, filestat. */
const rights = `(i64.const ${2 | 4 | 32 | 64 | (1 << 14) | (1 << 18) | (1 << 21)})`;
const readRights = `(i64.const ${2 | 4 | 32 | (1 << 14) | (1 << 21)})`;
const open = (path: keyof typeof paths, flags: number, wanted = readRights) =>
  `(call $path_open (i32.const 3) (i32.const 1) ${at(path)} (i32.const ${flags}) ${wanted} ${wanted} (i32.const 0) (i32.const 512))`;
const close = "(call $fd_close (i32.load (i32.const 512)))";
/** The descriptor that `prepare` opened. */
const fd = "(i32.load (i32.const 516))";
const buffers = (size: number) =>
  `(i32.store (i32.const 528) (i32.const 65536)) (i32.store (i32.const 532) (i32.const ${size}))`;

/** Each leaves the sum of its errnos. */
const operations: Readonly<Record<string, { readonly label: string; readonly body: string }>> = {
  clock: { label: "clock_time_get", body: "(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 520))" },
  fstat: { label: "fd_filestat_get", body: `(call $fd_filestat_get ${fd} (i32.const 2048))` },
  stat: {
    label: "path_filestat_get f",
    body: `(call $path_filestat_get (i32.const 3) (i32.const 1) ${at("file")} (i32.const 2048))`,
  },
  statNested: {
    label: "path_filestat_get a/b/f",
    body: `(call $path_filestat_get (i32.const 3) (i32.const 1) ${at("nested")} (i32.const 2048))`,
  },
  statMissing: {
    label: "path_filestat_get missing",
    body: `(call $path_filestat_get (i32.const 3) (i32.const 1) ${at("missing")} (i32.const 2048))`,
  },
  open: { label: "path_open f, fd_close", body: `(i32.add ${open("file", 0)} ${close})` },
  openNested: { label: "path_open a/b/f, fd_close", body: `(i32.add ${open("nested", 0)} ${close})` },
  read: {
    label: "fd_pread 4 KiB",
    body: `${buffers(4096)} (call $fd_pread ${fd} (i32.const 528) (i32.const 1) (i64.const 0) (i32.const 536))`,
  },
  readLarge: {
    label: "fd_pread 64 KiB",
    body: `${buffers(65536)} (call $fd_pread ${fd} (i32.const 528) (i32.const 1) (i64.const 0) (i32.const 536))`,
  },
  write: {
    label: "fd_pwrite 4 KiB",
    body: `${buffers(4096)} (call $fd_pwrite ${fd} (i32.const 528) (i32.const 1) (i64.const 0) (i32.const 536))`,
  },
  whole: {
    label: "path_open f, fd_read 4 KiB, fd_close",
    body: `${buffers(4096)} (i32.add ${open("file", 0)} (i32.add
      (call $fd_read (i32.load (i32.const 512)) (i32.const 528) (i32.const 1) (i32.const 536)) ${close}))`,
  },
  list: {
    label: "path_open many, fd_readdir 100, fd_close",
    body: `(i32.add ${open("directory", 2)} (i32.add
      (call $fd_readdir (i32.load (i32.const 512)) (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 536)) ${close}))`,
  },
};

const types: Readonly<Record<string, string>> = {
  clock_time_get: "i32 i64 i32",
  fd_filestat_get: "i32 i32",
  fd_close: "i32",
  fd_read: "i32 i32 i32 i32",
  fd_pread: "i32 i32 i32 i64 i32",
  fd_pwrite: "i32 i32 i32 i64 i32",
  fd_readdir: "i32 i32 i32 i64 i32",
  path_filestat_get: "i32 i32 i32 i32 i32",
  path_open: "i32 i32 i32 i32 i32 i64 i64 i32 i32",
};

const wat = `(module
  ${Object.entries(types)
    .map(([name, type]) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${type}) (result i32)))`)
    .join("\n  ")}
  (memory (export "memory") 4)
  ${Object.values(paths)
    .map(([pointer, path]) => `(data (i32.const ${pointer}) "${path}")`)
    .join("\n  ")}
  (func (export "prepare") (result i32) (local $errno i32)
    (local.set $errno ${open("file", 0, rights)})
    (i32.store (i32.const 516) (i32.load (i32.const 512)))
    (local.get $errno))
  ${Object.entries(operations)
    .map(
      ([name, { body }]) => `(func (export "${name}") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (block (result i32) ${body})))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))`,
    )
    .join("\n  ")}
)`;

type Run = (times: number) => number;
type Guest = Readonly<Record<string, Run>>;

function onNode(module: WebAssembly.Module, folder: string): Guest {
  const wasi = new WASI({ version: "preview1", preopens: { "/": folder } });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
  wasi.initialize(instance);
  return instance.exports as unknown as Guest;
}

function onKernel(module: WebAssembly.Module, folder: string): Guest {
  const kernel = new Kernel(
    {
      args: [],
      env: [],
      mounts: [{ kind: "directory", guestPath: "/", hostPath: folder, mode: "rw" }],
      preopens: ["/"],
      clock: { kind: "real" },
      random: { kind: "host" },
      quotas: { ...defaultQuotas, fileBytesWritten: Number.MAX_SAFE_INTEGER },
    },
    {
      output: () => {},
      input: () => new Uint8Array(0),
      sleep: () => {},
      denied: () => {},
      devices: new Map(),
      exhaust: () => {},
    },
  );
  const instance: WebAssembly.Instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: { ...preview1(kernel, () => (instance.exports["memory"] as WebAssembly.Memory).buffer) },
  });
  return instance.exports as unknown as Guest;
}

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-host-calls-"));
  try {
    mkdirSync(join(folder, "a/b"), { recursive: true });
    mkdirSync(join(folder, "many"));
    for (const file of ["f", "a/b/f"]) writeFileSync(join(folder, file), new Uint8Array(65536));
    for (let i = 0; i < 100; i += 1) writeFileSync(join(folder, "many", `file-${i}`), "");
    const module = new WebAssembly.Module((await parseText(wat)) as Uint8Array<ArrayBuffer>);
    const guests = { node: onNode(module, folder), kernel: onKernel(module, folder) };
    for (const guest of Object.values(guests)) if (guest["prepare"]!(0) !== 0) throw new Error("prepare failed");

    const rows: { operation: string; kernel: number; node: number; ratio: number }[] = [];
    for (const [name, { label }] of Object.entries(operations)) {
      if (only.length > 0 && !only.includes(name)) continue;
      const answers = [guests.node[name]!(1), guests.kernel[name]!(1)];
      if (answers[0] !== answers[1])
        throw new Error(`${label}: node:wasi answers ${answers[0]}, the kernel ${answers[1]}`);
      const times = name === "list" ? 200 : 2000;
      const one = (guest: Guest) => {
        const began = performance.now();
        guest[name]!(times);
        return ((performance.now() - began) * 1000) / times;
      };
      for (const guest of Object.values(guests)) for (let i = 0; i < 5; i += 1) one(guest);
      const rounds = Array.from({ length: quick ? 9 : 25 }, () => ({
        node: one(guests.node),
        kernel: one(guests.kernel),
      }));
      rows.push({
        operation: label,
        kernel: best(rounds.map((round) => round.kernel)),
        node: best(rounds.map((round) => round.node)),
        ratio: median(rounds.map((round) => round.kernel / round.node)),
      });
    }
    const trips = only.length === 0 || only.includes("round-trips") ? await roundTrips(quick, say) : null;
    const files: Table = {
      title: "WASI calls on a host directory",
      columns: ["call", "kernel µs", "node:wasi µs", "ratio"],
      rows: rows.map((row) => [row.operation, row.kernel, row.node, row.ratio]),
      notes: [
        "µs: the best round; ratio: the median of rounds run side by side",
        "node:wasi resolves paths as text and trusts its guest; the kernel opens every directory on the way and follows links itself",
      ],
    };
    return {
      tables: [...(rows.length === 0 ? [] : [files]), ...(trips === null ? [] : [trips.table])],
      data: { files: rows, roundTrips: trips?.data ?? [] },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
