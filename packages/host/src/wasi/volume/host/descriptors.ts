/** Job: names below opened descriptors, which is how one opens a file below a directory where `openat` is not to be had. Never: a name of two segments. */
import { closeSync, constants, readlinkSync } from "node:fs";

/** A reference to a file that does not open it. Linux, all architectures that Node runs on; `node:fs` does not name it. */
export const O_PATH = 0o10000000;
/** For whatever happens to be a lease or a terminal: open at once or fail. */
export const neverWait = constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Where this process's descriptors are. By number it is 15 % faster than by `self`, as long as /proc counts processes as we do;
 * Node's permission model, however, can only be told `/proc/self/fd`.
 */
const descriptors =
  process.platform === "linux" && process.permission === undefined && readlinkSync("/proc/self") === String(process.pid)
    ? `/proc/${process.pid}/fd`
    : "/proc/self/fd";
/** What `fd` refers to, as a path; the kernel follows it to the very file, wherever that has been moved. */
export const reopened = (fd: number) => `${descriptors}/${fd}`;

/** A descriptor with several users. */
export class SharedDescriptor {
  readonly fd: number;
  #users = 1;
  constructor(fd: number) {
    this.fd = fd;
  }
  share(): this {
    this.#users += 1;
    return this;
  }
  release(): void {
    this.#users -= 1;
    if (this.#users === 0) closeSync(this.fd);
  }
}
