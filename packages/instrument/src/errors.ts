/** Job: the one error class of the instrumenter: a code, a byte offset, what happened, what to do. Never: anything else. */

export type InstrumentErrorCode =
  /** Not a WebAssembly module, or cut off, or against the binary format. */
  | "malformed"
  /** Well formed, but the engine's validator refuses it. */
  | "invalid"
  /** Uses the counter's names: metered before, or an imitation. */
  | "already_metered"
  | "reserved_name"
  /** An opcode, section or proposal that this version does not know or does not meter. */
  | "unsupported"
  /** Asks for more than the limits that were given. */
  | "limit"
  /** A component where a core module is wanted. */
  | "component";

/** A module that cannot be metered. `offset` is the position in the input, in bytes; null where there is none. */
export class InstrumentError extends Error {
  readonly code: InstrumentErrorCode;
  readonly offset: number | null;
  constructor(code: InstrumentErrorCode, message: string, offset: number | null = null) {
    super(offset === null ? message : `${message} (at byte ${offset})`);
    this.name = "InstrumentError";
    this.code = code;
    this.offset = offset;
  }
}
