/** Job: the typed errors of the host: a code, what happened with the value quoted, what to do. Never: what a guest did (that is a value, see task/envelope.ts). */

/** `usage`, `invalid_config` and `build_error` are the caller's to mend; `internal_error` is ours. */
export type CapsuleErrorCode = "usage" | "invalid_config" | "build_error" | "cancelled" | "internal_error";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of this path is not a folder",
  EISDIR: "this is a folder, not a file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "too many symbolic links",
  ENOSPC: "no space left on the device",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
};

/**
 * Why a system call failed, in words; its code where there are none.
 * @example
 * ```ts
 * const problem = `cannot read "x": ${reasonOf(error)}`; // … there is no such file
 * ```
 */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? (code || String(error));
}

/**
 * Thrown (or rejected with) when a request cannot be carried out as it was made: before a guest runs.
 * @example
 * ```ts
 * throw new CapsuleError("invalid_config", 'ram is "64XB"; it takes bytes or a size such as "64MB" or "2GB"');
 * ```
 */
export class CapsuleError extends Error {
  readonly code: CapsuleErrorCode;
  constructor(code: CapsuleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CapsuleError";
    this.code = code;
  }
}
