/** Job: the root of each kind of mount; the one place that knows which systems can have which. Never: what a volume does. */
import { existsSync } from "node:fs";
import { CapsuleError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Mount } from "../config.ts";
import type { Ledger } from "../ledger.ts";
import type { Directory } from "../node.ts";
import { hostVolume } from "./host/volume.ts";
import { libraryVolume } from "./library.ts";
import { memoryVolume } from "./memory/volume.ts";

/**
 * Opens what `mount` names. Host directories need Linux: elsewhere `node:fs` has no way to open a name below an opened directory,
 * and a check of paths before use is a race that a guest can win.
 */
export function openVolume(mount: Mount, clock: Clock, ledger: Ledger, platform: string = process.platform): Directory {
  switch (mount.kind) {
    case "library":
      return libraryVolume(mount.files, mount.guestPath);
    case "temporary":
      return memoryVolume(mount.maxBytes, mount.guestPath, clock, ledger);
    case "directory": {
      if (platform !== "linux" || !existsSync("/proc/self/fd"))
        throw new CapsuleError(
          "invalid_config",
          `"${mount.hostPath}" cannot be granted as "${mount.guestPath}" on ${platform}: host directories need Linux with /proc; ` +
            "use a container or WSL 2, or pass data as arguments and results",
        );
      try {
        return hostVolume(mount.hostPath, mount.mode === "rw", mount.guestPath, ledger);
      } catch (error) {
        const reason =
          error instanceof RangeError ? error.message : error instanceof Error && "code" in error ? error.code : error;
        throw new CapsuleError(
          "invalid_config",
          `"${mount.hostPath}" cannot be granted as "${mount.guestPath}": ${reason}; it must be a directory that can be opened`,
          { cause: error },
        );
      }
    }
    default:
      return mount satisfies never;
  }
}
