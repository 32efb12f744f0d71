/** Job: failures as preview2 says them: the filesystem's error codes, and what a stream's error carries. Never: text of the host's. */
import type { ComponentValue } from "../../component/value.ts";
import { Fault, type FaultCode, faultOf } from "../fault.ts";
import { err, type Result } from "./context.ts";

/** `wasi:filesystem/types.error-code`. There is none for "too many open files": the number is a quota here, so is its error. */
export const errorCodes: Readonly<Record<FaultCode, string>> = {
  EACCES: "access",
  EBADF: "bad-descriptor",
  EBUSY: "busy",
  EDQUOT: "quota",
  EEXIST: "exist",
  EFAULT: "invalid",
  EFBIG: "file-too-large",
  EILSEQ: "illegal-byte-sequence",
  EINVAL: "invalid",
  EIO: "io",
  EISDIR: "is-directory",
  ELOOP: "loop",
  EMFILE: "quota",
  EMLINK: "too-many-links",
  ENAMETOOLONG: "name-too-long",
  ENFILE: "insufficient-memory",
  ENOENT: "no-entry",
  ENOMEM: "insufficient-memory",
  ENOSPC: "insufficient-space",
  ENOSYS: "unsupported",
  ENOTCAPABLE: "not-permitted",
  ENOTDIR: "not-directory",
  ENOTEMPTY: "not-empty",
  ENOTSOCK: "bad-descriptor",
  ENOTSUP: "unsupported",
  EOVERFLOW: "overflow",
  EPERM: "not-permitted",
  ESPIPE: "invalid-seek",
  ETXTBSY: "text-file-busy",
  EXDEV: "cross-device",
};

/** The fault that `thrown` is; anything else is ours and passes on. */
export function faultFrom(thrown: unknown): Fault {
  const fault = faultOf(thrown);
  if (fault instanceof Fault) return fault;
  throw thrown;
}

/** `act`'s answer, or its fault as an error code of the filesystem. */
export function filesystemResult(act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    return err(errorCodes[faultFrom(thrown).code]);
  }
}

/** The resource `wasi:io/error.error`. */
export class IoError {
  readonly message: string;
  /** Null: it is no error of a file. */
  readonly file: string | null;
  /** A `wasi:http/types.error-code`; null: it is no error of HTTP. */
  readonly http: ComponentValue;

  constructor(message: string, file: string | null, http: ComponentValue) {
    this.message = message;
    this.file = file;
    this.http = http;
  }
}

/** Thrown by a stream that has ended. */
export class StreamClosed {}

/** Thrown by a stream that failed for a reason other than a fault. */
export class StreamFailed {
  readonly error: IoError;
  constructor(error: IoError) {
    this.error = error;
  }
}

/** What both kinds of streams have: after an end or a failure there is nothing but the end. */
export interface Closing {
  closed: boolean;
}

/** `act`'s answer on `stream`, or its failure as a `stream-error`. */
export function streamResult(stream: Closing, act: () => Result): Result {
  if (stream.closed) return err({ tag: "closed" });
  try {
    return act();
  } catch (thrown) {
    const error = streamError(thrown);
    stream.closed = true;
    return err(error === null ? { tag: "closed" } : { tag: "last-operation-failed", val: error });
  }
}

/** Null: it has ended. */
function streamError(thrown: unknown): IoError | null {
  if (thrown instanceof StreamClosed) return null;
  if (thrown instanceof StreamFailed) return thrown.error;
  const code = errorCodes[faultFrom(thrown).code];
  return new IoError(code, code, null);
}
