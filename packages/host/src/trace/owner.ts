/**
 * Job: which process a recorded run belongs to, and whether that process still lives.
 * Never: trust a process number alone: the system gives it to another process later.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** `unknown`: of another machine, container or boot, whose processes cannot be seen from here. */
export type Liveness = "alive" | "dead" | "unknown";

/** This process: the machine whose processes it sees, its number there, and when it was started. */
export function ownOwner(): string {
  return JSON.stringify([machine(), process.pid, startOf(process.pid) ?? ""]);
}

export function livenessOf(owner: string | null): Liveness {
  let parts: unknown;
  try {
    parts = JSON.parse(owner ?? "null");
  } catch {
    return "unknown";
  }
  if (!Array.isArray(parts)) return "unknown";
  const [where, pid, start] = parts as readonly unknown[];
  if (where !== machine() || typeof pid !== "number") return "unknown";
  return startOf(pid) === start ? "alive" : "dead";
}

/** A container has process numbers of its own, a boot begins them anew. */
function machine(): string {
  const said = (read: () => string) => {
    try {
      return read().trim();
    } catch {
      return "";
    }
  };
  const boot = said(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  return `${hostname()} ${boot} ${said(() => readlinkSync("/proc/self/ns/pid"))}`;
}

/** When a process was started, in whatever words the system has for it; null when there is none of this number. */
function startOf(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      // The name, which may hold anything, ends with the last parenthesis; state is the 3rd field, start the 22nd.
      const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    // Loaded where it is used: Linux does without.
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    if (process.platform !== "win32")
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
        encoding: "utf8",
        env: { LC_ALL: "C" },
      }).trim();
    process.kill(pid, 0);
    return "";
  } catch (error) {
    return process.platform === "win32" && (error as NodeJS.ErrnoException).code === "EPERM" ? "" : null;
  }
}
