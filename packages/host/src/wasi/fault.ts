/** Job: how a kernel call fails: one small object with a POSIX name, which each front translates. Never: text of the host's. */

/** The failures that a guest can see; POSIX names, as Node's errors carry them. */
export type FaultCode =
  | "EACCES"
  | "EBADF"
  | "EBUSY"
  | "EDQUOT"
  | "EEXIST"
  | "EFAULT"
  | "EFBIG"
  | "EILSEQ"
  | "EINVAL"
  | "EIO"
  | "EISDIR"
  | "ELOOP"
  | "EMFILE"
  | "EMLINK"
  | "ENAMETOOLONG"
  | "ENFILE"
  | "ENOENT"
  | "ENOMEM"
  | "ENOSPC"
  | "ENOSYS"
  | "ENOTCAPABLE"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "ENOTSOCK"
  | "ENOTSUP"
  | "EOVERFLOW"
  | "EPERM"
  | "ESPIPE"
  | "ETXTBSY"
  | "EXDEV";

/**
 * A failure that is a refusal by policy, and becomes a denial event: the name lies outside every mount; its mount is read-only;
 * it leads out of its mount; it is a fifo, a socket, a device or
 * lies on a file system of the kernel's own, such as /proc.
 */
export type Refusal = "ungranted" | "read-only" | "escape" | "special";

/**
 * Thrown inside the kernel, caught by the front. Not an Error: a program that probes for files fails thousands of times, and
 * each stack trace would cost more than the system call.
 */
export class Fault {
  readonly code: FaultCode;
  readonly refusal: Refusal | null;

  constructor(code: FaultCode, refusal: Refusal | null = null) {
    this.code = code;
    this.refusal = refusal;
  }
}

const known: ReadonlySet<string> = new Set<FaultCode>([
  "EACCES",
  "EBADF",
  "EBUSY",
  "EDQUOT",
  "EEXIST",
  "EFBIG",
  "EINVAL",
  "EIO",
  "EISDIR",
  "ELOOP",
  "EMFILE",
  "EMLINK",
  "ENAMETOOLONG",
  "ENFILE",
  "ENOENT",
  "ENOMEM",
  "ENOSPC",
  "ENOTDIR",
  "ENOTEMPTY",
  "EOVERFLOW",
  "EPERM",
  "ETXTBSY",
  "EXDEV",
]);

/** What `node:fs` threw, without its message and path; whatever has no name here is EIO. Other errors are our own and pass. */
export function faultOf(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const code = error.code;
  // Node's permission model, where a process runs under it, has calls that no grant allows: links and times.
  if (code === "ERR_ACCESS_DENIED") return new Fault("ENOTSUP");
  if (!("syscall" in error)) return error;
  return new Fault(typeof code === "string" && known.has(code) ? (code as FaultCode) : "EIO");
}
