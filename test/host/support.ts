/** Job: a host with a cache of its own, and small modules as files, for the tests of this folder. Never: assertions. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule, type CapsuleEvent, type CapsuleOptions, type Envelope, type RunOptions } from "@capsule-run/host";
import { afterAll } from "vitest";

export interface TestHost {
  readonly folder: string;
  readonly capsule: Capsule;
  /** Writes the module and runs it; the policy has small numbers unless the test names others. */
  run(wat: string, options?: RunOptions): Promise<Envelope>;
  /** As `run`, with everything that the guest printed on standard output, and the events. */
  watch(wat: string, options?: RunOptions): Promise<{ envelope: Envelope; printed: string; events: CapsuleEvent[] }>;
  write(name: string, content: string | Uint8Array): string;
}

const small = { compute: 10_000_000, ram: "1MB", timeout: "10s" };

const hosts: Capsule[] = [];
const folders: string[] = [];

// Said here, where the file is read: within a test it would be too late, and many tests open a host.
afterAll(async () => {
  await Promise.all(hosts.map((capsule) => capsule[Symbol.asyncDispose]()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A host with a folder of its own; closed and removed after the tests of the file. */
export async function testHost(options: CapsuleOptions = {}): Promise<TestHost> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-host-"));
  folders.push(folder);
  const capsule = await Capsule.open({ cache: { folder: join(folder, "cache") }, ...options });
  hosts.push(capsule);
  let count = 0;
  const write = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const run: TestHost["run"] = (wat, { policy, ...rest } = {}) =>
    capsule.run(write(`module-${count++}.wat`, wat), { cwd: folder, ...rest, policy: { ...small, ...policy } });
  return {
    folder,
    capsule,
    write,
    run,
    async watch(wat, runOptions = {}) {
      const printed: Uint8Array[] = [];
      const events: CapsuleEvent[] = [];
      const envelope = await run(wat, {
        stdout: (bytes) => void printed.push(bytes),
        onEvent: (event) => void events.push(event),
        ...runOptions,
      });
      return { envelope, printed: Buffer.concat(printed).toString("utf8"), events };
    },
  };
}

/** `_start` with this body, WASI's functions at hand, one page of memory. */
export const command = (body: string, more = "") => `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ${more}
  (func (export "_start") ${body}))`;

/** Prints \`text\` once; the text lies at 1024. */
export const printing = (text: string) =>
  command(
    `(i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const ${Buffer.byteLength(text)}))
     (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
    `(data (i32.const 1024) ${JSON.stringify(text)})`,
  );

export const spin = command("(loop $again (br $again))");

/** Sleeps for a minute: one subscription to the monotonic clock. */
export const sleeping = command(
  `(i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 60000000000))
   (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))`,
);
