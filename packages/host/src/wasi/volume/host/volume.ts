/** Job: open the directory of the host that a mount names, and refuse those that are doors into the host itself. Never: look below it. */
import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import type { Ledger } from "../../ledger.ts";
import type { Directory } from "../../node.ts";
import { O_PATH, reopened, SharedDescriptor } from "./descriptors.ts";
import { HostDirectory } from "./directory.ts";
import { isKernelFileSystem, Volume } from "./shared.ts";

/** Throws what `node:fs` throws, and a RangeError for a place that must never be granted. */
export function hostVolume(hostPath: string, writable: boolean, guestPath: string, ledger: Ledger): Directory {
  const root = openSync(hostPath, O_PATH | constants.O_DIRECTORY);
  const own = fstatSync(root);
  const parent = lstatSync(`${reopened(root)}/..`);
  // Only the top of all is its own parent.
  const top = own.dev === parent.dev && own.ino === parent.ino;
  if (top || isKernelFileSystem(root)) {
    closeSync(root);
    throw new RangeError(
      "the whole file system, /proc and /sys cannot be granted: they hold the memory of the host's processes",
    );
  }
  return new HostDirectory(new SharedDescriptor(root), new Volume(writable, ledger), guestPath);
}
