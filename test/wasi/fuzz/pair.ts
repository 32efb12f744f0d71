/**
 * Job: run one random sequence on two kernels side by side, a real directory and the volume in memory that serves as its
 * model, and say where they differ or what neither may ever do.
 * Never: stop at the first oddity of a volume's numbers (inodes, times, order): those are blurred.
 */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mount } from "../../../packages/host/src/wasi/config.ts";
import type { Weakness } from "../attacks/weak.ts";
import { directoryMount, errnoName, type Front, Guest, oflag } from "../guest.ts";
import { type Call, memoryPages, nextCall } from "./calls.ts";
import { Choices } from "./random.ts";

const canary = "CANARY-4f1c";

function makeGuests(base: string, weakness: Weakness | null, front: Front): [host: Guest, memory: Guest] {
  const readOnly = { "x.txt": "read-only x", "sub/y.txt": "read-only y" };
  for (const folder of ["root", "read-only/sub", "outside"]) mkdirSync(join(base, folder), { recursive: true });
  for (const [name, text] of Object.entries(readOnly)) writeFileSync(join(base, "read-only", name), text);
  for (const name of ["a", "b", "passwd"]) writeFileSync(join(base, "outside", name), canary);
  writeFileSync(join(base, "a"), canary);
  const make = (own: Mount, ro: Mount, kernel: Weakness | null) =>
    new Guest({
      ...kernel,
      front,
      mounts: [own, ro, { kind: "temporary", guestPath: "/tmp", maxBytes: 100_000 }],
      preopens: ["/", "/ro"],
      args: ["fuzz"],
      env: [["A", "1"]],
      clock: { kind: "virtual", startNs: 1_000_000_000_000_000_000n },
      random: { kind: "seeded", seed: 1n },
      quotas: {
        openHandles: 40,
        outputBytes: 20_000,
        fileBytesWritten: 400_000,
        directoryEntries: 300,
        pollSubscriptions: 8,
      },
      services: {
        devices: new Map([["/dev/echo", { write: () => {}, read: (max) => new Uint8Array(Math.min(max, 5)).fill(7) }]]),
      },
      memoryPages,
    });
  const bytes = (text: string) => new TextEncoder().encode(text);
  const library = new Map(Object.entries(readOnly).map(([name, text]) => [name, bytes(text)]));
  return [
    make(directoryMount(join(base, "root")), directoryMount(join(base, "read-only"), "ro", "/ro"), weakness),
    make(
      { kind: "temporary", guestPath: "/", maxBytes: 10_000_000 },
      { kind: "library", guestPath: "/ro", files: library },
      null,
    ),
  ];
}

/** Everything below `folder` as text; what each thing is, not when it was made. */
function describe(folder: string, at = ""): string[] {
  return readdirSync(join(folder, at))
    .sort()
    .flatMap((name) => {
      const path = join(at, name);
      const stat = lstatSync(join(folder, path));
      if (stat.isDirectory()) return [`${path}/`, ...describe(folder, path)];
      if (stat.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(folder, path))}`];
      return [`${path} ${stat.nlink} ${readFileSync(join(folder, path)).toString("base64")}`];
    });
}

/** The same of a guest's own tree, by its own calls. */
function describeGuest(guest: Guest, at = ""): string[] {
  return guest.names(at === "" ? "." : at).flatMap((name) => {
    const path = at === "" ? name : `${at}/${name}`;
    if (["ro", "tmp", "dev"].includes(path)) return [];
    const stat = guest.stat(path, false).value!;
    if (stat.type === 3) return [`${path}/`, ...describeGuest(guest, path)];
    if (stat.type === 7) return [`${path} -> ${guest.readlink(path).value}`];
    const fd = guest.open(path).value!;
    const bytes: Buffer[] = [];
    for (let offset = 0n; ; offset += 4096n) {
      const { value } = guest.pread(fd, offset, 4096);
      const raw = Buffer.from(guest.bytes.slice(64 * 1024, 64 * 1024 + guest.view.getUint32(1024 + 8, true)));
      if (value === undefined || raw.length === 0) break;
      bytes.push(raw);
    }
    guest.close(fd);
    return [`${path} ${stat.links} ${Buffer.concat(bytes).toString("base64")}`];
  });
}

const show = ({ name, values }: Call) => `${name}(${values.map(String).join(", ")})`;

function perform(guest: Guest, call: Call): string {
  for (const { at, bytes } of call.puts) guest.bytes.set(bytes, at);
  const code = errnoName(guest.calls[call.name]!(...call.values));
  const size = guest.bytes.length;
  for (const { at, length } of call.blur)
    guest.bytes.fill(0, Math.min(at >>> 0, size), Math.min((at >>> 0) + length, size));
  return code;
}

const descriptors = () => readdirSync("/proc/self/fd").length;

/** Runs `steps` calls of `seed`; answers what went wrong, or null. With a `weakness`, only the directory's kernel has it. */
export function fuzz(
  seed: number,
  steps: number,
  weakness: Weakness | null = null,
  front: Front = "preview1",
): string | null {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "capsule-fuzz-")));
  const before = descriptors();
  const [host, memory] = makeGuests(base, weakness, front);
  const outside = () => [
    describe(join(base, "outside")),
    describe(join(base, "read-only")),
    readFileSync(join(base, "a"), "utf8"),
    readdirSync(base).sort(),
  ];
  const untouched = JSON.stringify(outside());
  const choices = new Choices(seed);
  const log: string[] = [];
  const wrong = (what: string) => `seed ${seed}, step ${log.length}: ${what}\n  ${log.slice(-8).join("\n  ")}`;
  try {
    for (let step = 0; step < steps; step += 1) {
      const call = nextCall(choices, 12);
      const codes = [perform(host, call), perform(memory, call)];
      log.push(
        `${show(call)} ${JSON.stringify(call.puts.map(({ bytes }) => Buffer.from(bytes).toString("latin1").slice(0, 60)))} = ${codes.join(" / ")}`,
      );
      if (codes[0] !== codes[1]) return wrong(`the directory answers ${codes[0]}, its model ${codes[1]}`);
      if (Buffer.compare(host.bytes, memory.bytes) !== 0)
        return wrong("the directory and its model leave different bytes in memory");
      if (step % 100 === 99 && Buffer.from(host.bytes).includes(canary))
        return wrong("a canary is in the guest's memory");
    }
    for (const guest of [host, memory])
      for (let fd = 4; fd < 60; fd += 1) if (guest.fdstat(fd).errno === "OK") guest.close(fd);
    const tree = describe(join(base, "root"));
    for (const line of tree) {
      const target = line.split(" -> ")[1];
      if (target !== undefined && (target.startsWith("/") || target.split("/").includes("..")))
        return wrong(`a link that may lead out: ${line}`);
    }
    // The root's own handle may have been closed or renumbered: then only the host's side can be looked at.
    if (host.fdstat(3).value?.type === 3 && memory.openDirectory(".", { oflags: oflag.directory }).errno === "OK") {
      // And it may be another directory's by now, one that happens to hold a "ro".
      const names = memory.names(".");
      const model = ["ro", "tmp", "dev"].every((name) => names.includes(name)) ? describeGuest(memory) : tree;
      if (JSON.stringify([...tree].sort()) !== JSON.stringify([...model].sort()))
        return wrong(`the directory holds\n${tree.join("\n")}\nits model\n${model.join("\n")}`);
    }
    for (const guest of [host, memory])
      if (guest.denials.some((denial) => JSON.stringify(denial).includes(base)))
        return wrong("a denial holds a path of the host");
    if (Buffer.from(host.bytes).includes(base)) return wrong("a path of the host is in the guest's memory");
    if (JSON.stringify(outside()) !== untouched) return wrong("something outside was changed");
    host.kernel.dispose();
    memory.kernel.dispose();
    if (descriptors() !== before) return wrong(`${descriptors() - before} descriptors of the host are left open`);
    return null;
  } catch (error) {
    return wrong(`threw ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
