/** Job: attacks that leave the granted directory: `..`, links, swapped directories, hard links, odd names. Never: resources. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { right } from "../../../packages/host/src/wasi/preview1/rights.ts";
import { type Guest, oflag } from "../guest.ts";
import { type Attack, reads, writes } from "./attack.ts";
import { weak } from "./weak.ts";
import { secret, type World } from "./world.ts";

const reading: readonly Attack[] = [
  { name: "read ../outside", weak: weak.trustingWalk, wins: (guest) => reads(guest, "../outside/secret.txt") },
  {
    name: "read dir/../../outside",
    weak: weak.trustingWalk,
    wins: (guest) => reads(guest, "dir/./sub/../../../outside/secret.txt"),
  },
  {
    name: "read above a handle's own directory, still inside the mount",
    weak: weak.trustingWalk,
    wins: (guest) => guest.open("../public.txt", {}, guest.openDirectory("dir").value!).errno === "OK",
  },
  {
    name: "read an absolute path",
    weak: weak.absoluteWalk,
    wins: (guest, world) => reads(guest, join(world.outside, "secret.txt")),
  },
  {
    name: "read through an absolute link of the operator's",
    weak: weak.trustingWalk,
    wins: (guest) => reads(guest, "absolute/secret.txt"),
  },
  {
    name: "read through a relative link of the operator's",
    weak: weak.trustingWalk,
    wins: (guest) => reads(guest, "relative/secret.txt"),
  },
  {
    name: "read through a link that is the last segment",
    weak: weak.pathsAsDirectoriesFollowing,
    wins: (guest) => reads(guest, "file-link"),
  },
  {
    name: "read through a chain of links",
    weak: weak.trustingWalk,
    wins: (guest) => reads(guest, "chain/dir/secret.txt"),
  },
  {
    name: "read through a link on the way although links are not to be followed",
    weak: weak.trustingWalk,
    wins: (guest) => reads(guest, "relative/secret.txt", 3, 0),
  },
  {
    name: "list through a link and a trailing dot",
    weak: weak.trustingWalk,
    wins: (guest) => {
      const fd = guest.openDirectory("relative/.", { lookup: 0 }).value;
      return fd !== undefined && guest.readdir(fd).value!.some(({ name }) => name === "secret.txt");
    },
  },
  {
    name: "stat outside through a link",
    weak: weak.trustingWalk,
    wins: (guest) => guest.stat("relative/secret.txt").value?.size === BigInt(secret.length),
  },
  {
    name: "learn a path of the host from readlink",
    weak: weak.anyLinkTarget,
    wins: (guest, world) => guest.readlink("absolute").value === world.outside,
  },
  {
    name: "open a fifo, which would wait for ever",
    weak: weak.pathsAsDirectories,
    wins: (guest, world) => {
      execFileSync("mkfifo", [join(world.root, "fifo")]);
      return [right.fdRead, right.fdWrite].some((base) => guest.open("fifo", { base }).errno === "OK");
    },
  },
];

/** The guest itself puts a link where its open directory was. */
function swap(guest: Guest): number {
  const fd = guest.openDirectory("dir").value!;
  guest.rename("dir", "moved");
  guest.symlink("../outside", "dir");
  return fd;
}

const swapping: readonly Attack[] = [
  {
    name: "swap an open directory for a link, then read through its handle",
    weak: weak.pathsAsDirectories,
    wins: (guest) => reads(guest, "secret.txt", swap(guest)),
  },
  {
    name: "swap an open directory for a link, then write through its handle",
    weak: weak.pathsAsDirectories,
    wins: (guest, world) => writes(guest, "planted.txt", swap(guest)) && existsSync(join(world.outside, "planted.txt")),
  },
  {
    name: "swap an open directory for a link, then list its handle",
    weak: weak.pathsAsDirectories,
    wins: (guest) => guest.readdir(swap(guest)).value!.some(({ name }) => name === "secret.txt"),
  },
  {
    name: "swap an open directory for a link, then delete through its handle",
    weak: weak.pathsAsDirectories,
    wins: (guest, world) =>
      guest.unlink("secret.txt", swap(guest)) === "OK" && !existsSync(join(world.outside, "secret.txt")),
  },
  {
    name: "another process swaps an open directory for an absolute link",
    weak: weak.pathsAsDirectories,
    wins: (guest, world) => {
      const fd = guest.openDirectory("dir").value!;
      renameSync(join(world.root, "dir"), join(world.root, "moved"));
      symlinkSync(world.outside, join(world.root, "dir"));
      writes(guest, "planted.txt", fd);
      return reads(guest, "secret.txt", fd) || existsSync(join(world.outside, "planted.txt"));
    },
  },
  {
    name: "another process swaps the granted directory itself",
    weak: weak.pathsAsDirectories,
    wins: (guest, world) => {
      renameSync(world.root, `${world.root}-moved`);
      symlinkSync(world.outside, world.root);
      return reads(guest, "secret.txt");
    },
  },
  {
    name: "win the race between looking and opening",
    weak: (world) =>
      weak.racing((path) => {
        if (path !== join(world.root, "moving") || !existsSync(path)) return;
        rmdirSync(path);
        symlinkSync(world.outside, path);
      }),
    wins: (guest, world) => {
      // On the real kernel the other side is the test with a thread that swaps (race.test.ts); here it just comes first or last.
      mkdirSync(join(world.root, "moving"));
      return reads(guest, "moving/secret.txt");
    },
  },
];

const linking: readonly Attack[] = [
  {
    name: "plant an absolute link for the host to follow",
    weak: weak.anyLinkTarget,
    wins: (guest, world) =>
      guest.symlink(`${world.outside}/secret.txt`, "planted") === "OK" &&
      readFileSync(join(world.root, "planted"), "utf8") === secret,
  },
  {
    name: "plant a relative link that leads out",
    weak: weak.anyLinkTarget,
    wins: (guest, world) =>
      guest.symlink("../outside/secret.txt", "planted") === "OK" &&
      readFileSync(join(world.root, "planted"), "utf8") === secret,
  },
  {
    name: "plant a link whose way out hides behind a directory",
    weak: weak.anyLinkTarget,
    wins: (guest, world) =>
      guest.symlink("dir/../../outside/secret.txt", "planted") === "OK" &&
      readFileSync(join(world.root, "planted"), "utf8") === secret,
  },
  {
    name: "plant a link that leads out only once it is moved up",
    weak: weak.anyLinkTarget,
    wins: (guest, world) => {
      // Inside where it is made: dir/sub/../../outside would be the root's own "outside".
      guest.symlink("../../outside/secret.txt", "dir/sub/link");
      guest.rename("dir/sub/link", "dir/link");
      return existsSync(join(world.root, "dir/link")) && statSync(join(world.root, "dir/link")).size === secret.length;
    },
  },
  {
    name: "move a link of the operator's up, so that it leads out",
    weak: weak.anyLinkTarget,
    wins: (guest, world) => {
      unlinkSync(join(world.root, "dir/sub/up"));
      symlinkSync("../../outside/secret.txt", join(world.root, "dir/sub/up"));
      return guest.rename("dir/sub/up", "dir/up") === "OK" && existsSync(join(world.root, "dir/up"));
    },
  },
  {
    name: "hard-link a link of the operator's further up",
    weak: weak.anyLinkTarget,
    wins: (guest, world) => {
      unlinkSync(join(world.root, "dir/sub/up"));
      symlinkSync("../../outside/secret.txt", join(world.root, "dir/sub/up"));
      return guest.link("dir/sub/up", "dir/up") === "OK" && existsSync(join(world.root, "dir/up"));
    },
  },
  {
    name: "hard-link a file of a read-only mount into a writable one",
    weak: weak.checksWritingOnly,
    wins: (guest, world) => {
      guest.link("ro/data.txt", "alias");
      return writes(guest, "alias") && readFileSync(join(world.readOnly, "data.txt"), "utf8") === "owned";
    },
  },
  {
    name: "hard-link out",
    weak: weak.trustingWalk,
    wins: (guest, world) =>
      guest.link("public.txt", "../outside/planted") === "OK" && existsSync(join(world.outside, "planted")),
  },
  {
    name: "hard-link in",
    weak: weak.trustingWalk,
    wins: (guest) => guest.link("../outside/secret.txt", "mine") === "OK" && reads(guest, "mine"),
  },
];

const changing: readonly Attack[] = [
  {
    name: "create outside",
    weak: weak.trustingWalk,
    wins: (guest, world) => writes(guest, "../outside/planted") && existsSync(join(world.outside, "planted")),
  },
  {
    name: "overwrite through a link",
    weak: weak.trustingWalk,
    wins: (guest) => writes(guest, "relative/secret.txt"),
  },
  {
    name: "truncate through a link",
    weak: weak.trustingWalk,
    wins: (guest, world) =>
      guest.open("relative/secret.txt", { oflags: oflag.truncate, base: 0n }).errno === "OK" &&
      statSync(join(world.outside, "secret.txt")).size === 0,
  },
  {
    name: "create through a dangling link",
    weak: weak.trustingWalk,
    wins: (guest, world) => {
      symlinkSync("../outside/planted", join(world.root, "dangling"));
      return writes(guest, "dangling") && existsSync(join(world.outside, "planted"));
    },
  },
  {
    name: "make a directory outside",
    weak: weak.trustingWalk,
    wins: (guest) => guest.mkdir("../outside/planted") === "OK",
  },
  {
    name: "delete outside",
    weak: weak.trustingWalk,
    wins: (guest) => guest.unlink("relative/secret.txt") === "OK",
  },
  {
    name: "remove a directory outside",
    weak: weak.trustingWalk,
    wins: (guest, world) => {
      mkdirSync(join(world.base, "empty"));
      return guest.rmdir("../empty") === "OK";
    },
  },
  {
    name: "move a file out",
    weak: weak.trustingWalk,
    wins: (guest, world) =>
      guest.rename("public.txt", "relative/planted") === "OK" && existsSync(join(world.outside, "planted")),
  },
  {
    name: "move a file in",
    weak: weak.trustingWalk,
    wins: (guest) => guest.rename("relative/secret.txt", "mine") === "OK" && reads(guest, "mine"),
  },
  {
    name: "set the times of a file outside",
    weak: weak.trustingWalk,
    wins: (guest, world: World) =>
      guest.setTimes("relative/secret.txt", 1n, 1_000_000_000n, 5) === "OK" &&
      statSync(join(world.outside, "secret.txt")).mtimeMs < 2000,
  },
  {
    name: "plant a link outside",
    weak: weak.trustingWalk,
    wins: (guest) => guest.symlink("x", "relative/planted") === "OK",
  },
];

const naming: readonly Attack[] = [
  {
    name: "crash the host's call with NUL",
    weak: weak.passesNul,
    wins: (guest) => {
      try {
        return guest.open("public.txt\0/../..").errno !== "EINVAL";
      } catch {
        return true;
      }
    },
  },
  {
    name: "name one file in two ways: bytes that are not UTF-8",
    weak: weak.lenientNames,
    wins: (guest) => {
      const made = guest.open(new Uint8Array([0x61, 0xff]), { oflags: oflag.create, base: right.fdWrite });
      return made.errno === "OK" && guest.open(new Uint8Array([0x61, 0xfe])).errno === "OK";
    },
  },
  {
    name: "name one file in two ways: a byte order mark",
    weak: weak.lenientNames,
    wins: (guest) => guest.open("\uFEFFpublic.txt").errno === "OK",
  },
  {
    name: "climb with overlong dots",
    weak: weak.overlongNames,
    wins: (guest) => {
      const overlong = [0xc0, 0xae, 0xc0, 0xae, 0xc0, 0xaf];
      return (
        guest.open(new Uint8Array([...overlong, ...new TextEncoder().encode("outside/secret.txt")])).errno === "OK"
      );
    },
  },
];

export const pathAttacks: readonly Attack[] = [...reading, ...swapping, ...linking, ...changing, ...naming];
