/** Job: open the directory of the host that a mount names, and refuse those that are doors into the host itself. Never: look below it. */
import { closeSync, constants, fstatSync, lstatSync, openSync, statfsSync } from "node:fs";
import type { Ledger } from "../../ledger.ts";
import type { Directory } from "../../node.ts";
import { O_PATH, reopened, SharedDescriptor, Volume } from "./descriptors.ts";
import { HostDirectory } from "./directory.ts";

/** File systems whose files are doors into the host's kernel and processes (statfs(2)). */
const kernelFileSystems: ReadonlySet<number> = new Set([0x9fa0, 0x62656572, 0x64626720, 0x74726163]);

/** Throws what `node:fs` throws, and a RangeError for a place that must never be granted. */
export function hostVolume(hostPath: string, writable: boolean, guestPath: string, ledger: Ledger): Directory {
  const root = openSync(hostPath, O_PATH | constants.O_DIRECTORY);
  const own = fstatSync(root);
  const parent = lstatSync(`${reopened(root)}/..`);
  // Only the top of all is its own parent.
  const top = own.dev === parent.dev && own.ino === parent.ino;
  if (top || kernelFileSystems.has(statfsSync(reopened(root)).type)) {
    closeSync(root);
    throw new RangeError(
      "the whole file system, /proc and /sys cannot be granted: they hold the memory of the host's processes",
    );
  }
  return new HostDirectory(new SharedDescriptor(root), new Volume(writable, ledger), guestPath);
}
