/** Job: attacks on what a guest may use up: disk, memory, descriptors, output, the host's time. Never: paths. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import { type Guest, oflag } from "../guest.ts";
import { type Attack, readWrite } from "./attack.ts";
import { boundlessSteps, TrustingMemory, weak } from "./weak.ts";

const terabyte = 2n ** 40n;
const make = (guest: Guest, path: string) =>
  guest.open(path, { oflags: oflag.create, base: readWrite | right.fdFilestatSetSize }).value!;
const inTmp = { mounts: [{ kind: "temporary", guestPath: "/", maxBytes: 64 * 1024 }] } as const;
const page = "x".repeat(4096);

/** How often `act` answers OK, up to `times`. */
function repeated(times: number, act: (i: number) => string): number {
  for (let i = 0; i < times; i += 1) if (act(i) !== "OK") return i;
  return times;
}

export const resourceAttacks: readonly Attack[] = [
  {
    name: "a terabyte file by one byte at its end",
    weak: weak.noQuotas,
    wins: (guest, world) =>
      guest.pwrite(make(guest, "big"), terabyte - 1n, "x").errno === "OK" &&
      statSync(join(world.root, "big")).size === 2 ** 40,
  },
  {
    name: "a terabyte file by seeking",
    weak: weak.noQuotas,
    wins: (guest, world) => {
      const fd = make(guest, "big");
      guest.seek(fd, terabyte - 1n, 0);
      guest.write(fd, "x");
      return statSync(join(world.root, "big")).size === 2 ** 40;
    },
  },
  {
    name: "a terabyte file by its size",
    weak: weak.noQuotas,
    wins: (guest) => guest.call("fd_filestat_set_size", make(guest, "big"), terabyte) === "OK",
  },
  {
    name: "a hole after shrinking, charged to nobody",
    options: { quotas: { fileBytesWritten: 100_000 } },
    weak: weak.noQuotas,
    wins: (guest) => {
      const fd = make(guest, "big");
      return (
        repeated(10, () => {
          const grown = guest.call("fd_filestat_set_size", fd, 60_000n);
          return grown === "OK" ? guest.call("fd_filestat_set_size", fd, 0n) : grown;
        }) > 1
      );
    },
  },
  {
    name: "fill the disk",
    options: { quotas: { fileBytesWritten: 100_000 } },
    weak: weak.noQuotas,
    wins: (guest) => repeated(100, () => guest.write(make(guest, "big"), page).errno) === 100,
  },
  {
    name: "fill the directory with empty files",
    options: { quotas: { directoryEntries: 50 } },
    weak: weak.noQuotas,
    wins: (guest, world) => {
      repeated(200, (i) => guest.close(make(guest, `file${i}`) ?? -1));
      repeated(200, (i) => guest.mkdir(`dir${i}`));
      repeated(200, (i) => guest.symlink("x", `link${i}`));
      repeated(200, (i) => guest.link("public.txt", `hard${i}`));
      return readdirSync(world.root).length > 100;
    },
  },
  {
    name: "list a directory without end",
    options: { quotas: { directoryEntries: 5 } },
    weak: weak.noQuotas,
    wins: (guest) => guest.readdir(3).errno === "OK",
  },
  {
    name: "fill memory through /tmp",
    options: inTmp,
    weak: weak.boundlessTmp,
    wins: (guest) => {
      const fd = make(guest, "big");
      return repeated(64, () => guest.write(fd, page).errno) === 64;
    },
  },
  {
    name: "fill memory through a hole in /tmp",
    options: inTmp,
    weak: weak.boundlessTmp,
    wins: (guest) => guest.pwrite(make(guest, "big"), 1_000_000n, "x").errno === "OK",
  },
  {
    name: "fill memory through empty files in /tmp",
    options: inTmp,
    weak: weak.boundlessTmp,
    wins: (guest) => repeated(1000, (i) => guest.close(make(guest, `file${i}`) ?? -1)) === 1000,
  },
  {
    name: "fill memory through long links in /tmp, made and removed",
    options: inTmp,
    weak: weak.boundlessTmp,
    wins: (guest) => repeated(100, (i) => guest.symlink("d/".repeat(1000), `link${i}`)) === 100,
  },
  {
    name: "take every descriptor of the process",
    options: { quotas: { openHandles: 20 } },
    weak: weak.noQuotas,
    wins: (guest) => repeated(50, () => guest.open("public.txt").errno) === 50,
  },
  {
    name: "take every descriptor during one walk",
    weak: weak.boundlessWalk,
    wins: (guest) => {
      Object.assign(boundlessSteps, { open: 0, taken: 0 });
      let path = "deep";
      for (let i = 0; i < 200; i += 1) {
        guest.mkdir(path);
        path += "/d";
      }
      return guest.mkdir(path) === "OK" && boundlessSteps.open > 190;
    },
  },
  {
    name: "links that double with each step",
    weak: weak.boundlessWalk,
    options: inTmp,
    wins: (guest) => {
      boundlessSteps.taken = 0;
      guest.symlink(".", "l0");
      for (let i = 1; i <= 20; i += 1) guest.symlink(`l${i - 1}/l${i - 1}`, `l${i}`);
      guest.stat("l20/x");
      return boundlessSteps.taken > 100_000;
    },
  },
  {
    name: "flood the output",
    options: { quotas: { outputBytes: 10_000 } },
    weak: weak.noQuotas,
    wins: (guest) => repeated(10, () => guest.write(1, page).errno) === 10,
  },
  {
    name: "flood the host with denials",
    weak: weak.noQuotas,
    wins: (guest) => {
      repeated(1000, () => (guest.open("../x").errno === "OK" ? "" : "OK"));
      return guest.denials.length >= 1000;
    },
  },
  {
    name: "a path as long as memory",
    options: { quotas: { pathBytes: 500 } },
    weak: weak.noQuotas,
    wins: (guest) => guest.open(`${"./".repeat(1000)}public.txt`).errno === "OK",
  },
  {
    name: "a poll as long as memory",
    options: { quotas: { pollSubscriptions: 4 } },
    weak: weak.noQuotas,
    wins: (guest) => guest.call("poll_oneoff", 4096, 65_536, 100, 0) === "OK",
  },
  {
    name: "random bytes for two gigabytes",
    weak: weak.trustsLengths,
    wins: (guest) => guest.call("random_get", 0, 2 ** 31) === "OK" || TrustingMemory.largest >= 2 ** 31,
  },
  {
    name: "a read of four gigabytes",
    weak: weak.trustsLengths,
    wins: (guest) => guest.call("fd_readdir", 3, 0, -1, 0n, 0) === "OK" || TrustingMemory.largest >= 2 ** 31,
  },
  {
    name: "a list of buffers without end",
    weak: weak.trustsLengths,
    wins: (guest) => {
      const count = 20_000;
      for (let i = 0; i < count; i += 1) guest.view.setUint32(65_536 + i * 8 + 4, 1, true);
      return guest.call("fd_write", make(guest, "big"), 65_536, count, 0) === "OK";
    },
  },
  {
    name: "one buffer many times, to more bytes than a result can say",
    weak: weak.trustsLengths,
    options: { memoryPages: 128 },
    wins: (guest) => {
      const memory = guest.bytes.length;
      for (let i = 0; i < 1024; i += 1) guest.view.setUint32(65_536 + i * 8 + 4, memory, true);
      // At the end of an empty file nothing is read, so that the weak kernel answers at once.
      return guest.call("fd_read", make(guest, "empty"), 65_536, 1024, 0) === "OK";
    },
  },
];
