/** Job: the kernel's file calls, typed, with errors as Node's. Never: know Node's many ways to call them. */
import { ask, askBytes, HostError } from "../core/host.ts";

const meanings: Readonly<Record<string, readonly [errno: number, text: string]>> = {
  EACCES: [-13, "permission denied"],
  EBADF: [-9, "bad file descriptor"],
  EBUSY: [-16, "resource busy or locked"],
  EDQUOT: [-122, "disk quota exceeded"],
  EEXIST: [-17, "file already exists"],
  EFBIG: [-27, "file too large"],
  EINVAL: [-22, "invalid argument"],
  EIO: [-5, "i/o error"],
  EISDIR: [-21, "illegal operation on a directory"],
  ELOOP: [-40, "too many symbolic links encountered"],
  EMFILE: [-24, "too many open files"],
  ENAMETOOLONG: [-36, "name too long"],
  ENOENT: [-2, "no such file or directory"],
  ENOSPC: [-28, "no space left on device"],
  ENOTDIR: [-20, "not a directory"],
  ENOTEMPTY: [-39, "directory not empty"],
  ENOTSUP: [-95, "operation not supported"],
  EPERM: [-1, "operation not permitted"],
  EXDEV: [-18, "cross-device link not permitted"],
};

/** An error as Node's `fs` throws: code, errno, syscall, path and dest, and all of it in the message. */
export function systemError(code: string, syscall: string, path?: string, dest?: string): Error {
  const [errno, text] = meanings[code] ?? [-5, "failed"];
  const where = path === undefined ? "" : ` '${path}'${dest === undefined ? "" : ` -> '${dest}'`}`;
  const error = new Error(`${code}: ${text}, ${syscall}${where}`);
  return Object.assign(error, {
    errno,
    code,
    syscall,
    ...(path === undefined ? {} : { path }),
    ...(dest === undefined ? {} : { dest }),
  });
}

function guard<T>(syscall: string, paths: readonly string[], call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof HostError) throw systemError(error.code, syscall, paths[0], paths[1]);
    throw error;
  }
}

/** One call whose path arguments come first, for the message. */
export function fileCall(name: string, syscall: string, paths: readonly string[], ...rest: readonly unknown[]): string {
  return guard(syscall, paths, () => ask(`fs.${name}`, JSON.stringify([...paths, ...rest])));
}
export function readCall(fd: number, length: number, position: number | null): Uint8Array {
  return guard("read", [], () => new Uint8Array(askBytes("fs.read", JSON.stringify([fd, length, position]))));
}
export function writeCall(fd: number, bytes: Uint8Array, position: number | null): number {
  const copy = bytes.slice();
  return guard("write", [], () => Number(ask("fs.write", JSON.stringify([fd, position]), copy.buffer as ArrayBuffer)));
}
export function handleCall(name: string, syscall: string, fd: number, ...rest: readonly unknown[]): string {
  return guard(syscall, [], () => ask(`fs.${name}`, JSON.stringify([fd, ...rest])));
}
