/** Job: the guest's one tree, from the mount table and the devices. Never: resolve paths. */
import { CapsuleError } from "../errors.ts";
import type { Mount } from "./config.ts";
import type { Directory } from "./node.ts";
import type { Device } from "./services.ts";
import { type MountPoint, mountedDirectory } from "./volume/synthetic.ts";

interface Growing {
  readonly guestPath: string;
  readonly inode: bigint;
  readonly below: Map<string, Growing>;
  volume: Directory | null;
  device: Device | null;
}

function segmentsOf(guestPath: string): string[] {
  const segments = guestPath.split("/").slice(1);
  if (guestPath === "/") return [];
  if (!guestPath.startsWith("/") || segments.some((segment) => ["", ".", ".."].includes(segment)))
    throw new CapsuleError(
      "invalid_config",
      `guest path "${guestPath}": must be absolute and normalised, such as "/data"`,
    );
  return segments;
}

/** The directory `/`. `open` makes the root of each mount; volumes are opened in the table's order. */
export function createTree(
  mounts: readonly Mount[],
  devices: ReadonlyMap<string, Device>,
  open: (mount: Mount) => Directory,
): Directory {
  let inode = 1n;
  const grow = (guestPath: string): Growing => {
    const made: Growing = { guestPath, inode, below: new Map(), volume: null, device: null };
    inode += 1n;
    return made;
  };
  const root = grow("/");
  const place = (guestPath: string): Growing => {
    let at = root;
    for (const segment of segmentsOf(guestPath)) {
      let next = at.below.get(segment);
      if (!next) {
        next = grow(`${at === root ? "" : at.guestPath}/${segment}`);
        at.below.set(segment, next);
      }
      at = next;
    }
    return at;
  };
  for (const mount of mounts) {
    const point = place(mount.guestPath);
    if (point.volume !== null)
      throw new CapsuleError(
        "invalid_config",
        `guest path "${mount.guestPath}" is mounted twice; give it one host directory`,
      );
    point.volume = open(mount);
  }
  for (const [guestPath, device] of devices) {
    const point = place(guestPath);
    if (point.volume !== null || point.below.size > 0)
      throw new CapsuleError("invalid_config", `guest path "${guestPath}" is a mount and a device`);
    point.device = device;
  }
  return mountedDirectory(root satisfies MountPoint, null);
}
