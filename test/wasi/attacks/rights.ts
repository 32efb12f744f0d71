/** Job: attacks on what a handle may do: read-only mounts, rights, handle numbers, the end of a run. Never: leave the mount. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GuestExit } from "../../../packages/host/src/wasi/kernel.ts";
import { right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import { allRights, fdflag, oflag } from "../guest.ts";
import { type Attack, readWrite, writes } from "./attack.ts";
import { weak } from "./weak.ts";

const readOnly: readonly Attack[] = [
  {
    name: "write to a read-only mount",
    weak: weak.forgetsReadOnly,
    wins: (guest) => writes(guest, "ro/data.txt"),
  },
  {
    name: "create in a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.open("ro/new.txt", { oflags: oflag.create, base: right.fdRead }).errno === "OK",
  },
  {
    name: "truncate in a read-only mount, asking for no right to write",
    weak: weak.checksWritingOnly,
    wins: (guest, world) =>
      guest.open("ro/data.txt", { oflags: oflag.truncate, base: right.fdRead }).errno === "OK" &&
      statSync(join(world.readOnly, "data.txt")).size === 0,
  },
  {
    name: "delete in a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.unlink("ro/data.txt") === "OK",
  },
  {
    name: "make and remove directories in a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.mkdir("ro/new") === "OK" || guest.rmdir("ro/sub") === "OK",
  },
  {
    name: "rename over a file of a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest, world) =>
      guest.rename("ro/sub/more.txt", "ro/data.txt") === "OK" &&
      readFileSync(join(world.readOnly, "data.txt"), "utf8") === "more",
  },
  {
    name: "move a file of a read-only mount away",
    weak: weak.checksWritingOnly,
    wins: (guest, world) =>
      guest.rename("ro/data.txt", "mine") === "OK" && !existsSync(join(world.readOnly, "data.txt")),
  },
  {
    name: "move a file into a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.rename("public.txt", "ro/planted.txt") === "OK",
  },
  {
    name: "link in a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.link("ro/data.txt", "ro/alias") === "OK" || guest.symlink("data.txt", "ro/alias") === "OK",
  },
  {
    name: "set times in a read-only mount",
    weak: weak.checksWritingOnly,
    wins: (guest) => guest.setTimes("ro/data.txt", 0n, 0n, 5) === "OK",
  },
  {
    name: "change a read-only mount through a handle of its directory",
    weak: weak.forgetsReadOnly,
    wins: (guest) => writes(guest, "data.txt", guest.openDirectory("ro/sub/..").value!),
  },
  {
    name: "write through a handle opened for reading: write, append, resize, times",
    weak: weak.forgetsReadOnlyAndRights,
    wins: (guest) => {
      const fd = guest.open("ro/data.txt", { base: allRights & ~right.fdWrite, fdflags: fdflag.append }).value!;
      guest.call("fd_fdstat_set_flags", fd, fdflag.append);
      return [
        guest.write(fd, "x").errno,
        guest.pwrite(fd, 0n, "x").errno,
        guest.call("fd_filestat_set_size", fd, 0n),
        guest.call("fd_filestat_set_times", fd, 0n, 0n, 5),
        guest.call("fd_allocate", fd, 0n, 100n),
      ].includes("OK");
    },
  },
  {
    name: "uncover a writable folder by moving the read-only mount on it away",
    weak: weak.forgetsReadOnly,
    wins: (guest) => {
      guest.rename("ro", "uncovered");
      return guest.mkdir("ro/x") === "OK" || guest.rmdir("ro/sub") === "OK" || guest.unlink("ro/data.txt") === "OK";
    },
  },
];

const handles: readonly Attack[] = [
  {
    name: "take a dropped right back",
    weak: weak.trustsRights,
    wins: (guest) => {
      const fd = guest.open("public.txt", { base: right.fdRead }).value!;
      return guest.call("fd_fdstat_set_rights", fd, readWrite, 0n) === "OK";
    },
  },
  {
    name: "use a handle for what it has no right to",
    weak: weak.trustsRights,
    wins: (guest) => guest.mkdir("made", guest.openDirectory("dir", { base: right.pathOpen }).value!) === "OK",
  },
  {
    name: "open a file for more than its directory passes on",
    weak: weak.trustsRights,
    wins: (guest) => writes(guest, "inner.txt", guest.openDirectory("dir", { inheriting: right.fdRead }).value!),
  },
  {
    name: "give a directory more to pass on than its parent has",
    weak: weak.trustsRights,
    wins: (guest) => {
      const parent = guest.openDirectory("dir", { inheriting: right.pathOpen | right.fdRead }).value!;
      const child = guest.openDirectory("sub", { inheriting: allRights }, parent).value!;
      return guest.open("new", { oflags: oflag.create, base: right.fdWrite }, child).errno === "OK";
    },
  },
  {
    name: "invent a handle number by renumbering",
    weak: weak.trustsRights,
    wins: (guest) => [20, 0x7fffffff, -1].some((to) => guest.call("fd_renumber", 3, to) === "OK"),
  },
  {
    name: "go on after the end",
    only: "preview1",
    weak: weak.goesOnAfterExit,
    wins: (guest) => {
      try {
        guest.call("proc_exit", 0);
      } catch (error) {
        // As a guest with catch_all would.
        if (!(error instanceof GuestExit)) throw error;
      }
      try {
        guest.write(1, "still here");
      } catch (error) {
        if (!(error instanceof GuestExit)) throw error;
      }
      return guest.stdout === "still here";
    },
  },
];

export const rightsAttacks: readonly Attack[] = [...readOnly, ...handles];
