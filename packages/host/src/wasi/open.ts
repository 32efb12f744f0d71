/** Job: what a guest's handle stands for once open: a file with a position, a directory, or a standard stream. Never: numbers of handles (the fronts have those). */
import { Fault } from "./fault.ts";
import type { Ledger } from "./ledger.ts";
import type { Directory, File, Stat, Times } from "./node.ts";
import type { KernelServices } from "./services.ts";

/**
 * The longest stretch of one native call. A thread is ended between calls, not within one, and a deadline must hold whatever
 * a guest asks for: 1 MiB takes well under a millisecond.
 */
const piece = 1024 * 1024;

/** What may be done through an open thing, whatever the volume itself would allow. */
export interface Access {
  readonly read: boolean;
  readonly write: boolean;
}

export interface FileFlags {
  append: boolean;
  /** Write through before each write returns. */
  sync: boolean;
  nonblock: boolean;
}

const checkOffset = (offset: number) => {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Fault("EINVAL");
};

export class OpenFile {
  readonly kind = "file";
  readonly access: Access;
  readonly flags: FileFlags;
  readonly #file: File;
  readonly #ledger: Ledger;
  #position = 0;
  /** A size that the file has had: writing beyond it may leave a hole, and holes are charged as written. */
  #knownSize = 0;

  /** As it was opened, for messages. */
  readonly guestPath: string;

  constructor(file: File, access: Access, flags: FileFlags, guestPath: string, ledger: Ledger) {
    this.#file = file;
    this.guestPath = guestPath;
    this.access = access;
    this.flags = flags;
    this.#ledger = ledger;
    ledger.hold(this);
  }

  get seekable(): boolean {
    return this.#file.seekable;
  }

  stat(): Stat {
    return this.#file.stat();
  }

  #size(): number {
    return Number(this.#file.stat().size);
  }

  /** Fills `into` from `offset` as far as the file goes. */
  readAt(into: Uint8Array, offset: number): number {
    if (!this.access.read) throw new Fault("EBADF");
    checkOffset(offset);
    if (!this.#file.seekable) return this.#file.read(into.subarray(0, piece), 0);
    let done = 0;
    while (done < into.length) {
      const part = into.length - done > piece || done > 0 ? into.subarray(done, done + piece) : into;
      const read = this.#file.read(part, offset + done);
      done += read;
      if (read < part.length) break;
    }
    return done;
  }

  read(into: Uint8Array): number {
    const read = this.readAt(into, this.#position);
    this.#position += read;
    return read;
  }

  /** Charges `wanted` bytes at `offset`, and the hole before them. */
  #charge(wanted: number, offset: number): number {
    if (offset > this.#knownSize) this.#knownSize = this.#size();
    return this.#ledger.takeFileBytes(wanted, Math.max(0, offset - this.#knownSize));
  }

  /** Writes `from` at `offset`, or at the end (null); fewer bytes only where a quota ends. */
  writeAt(from: Uint8Array, offset: number | null): number {
    if (!this.access.write) throw new Fault("EBADF");
    if (from.length === 0) return 0;
    if (!this.#file.seekable) return this.#writePieces(from, null);
    if (offset === null) return this.#writePieces(from.subarray(0, this.#ledger.takeFileBytes(from.length)), null);
    checkOffset(offset);
    if (!Number.isSafeInteger(offset + from.length)) throw new Fault("EFBIG");
    const written = this.#writePieces(from.subarray(0, this.#charge(from.length, offset)), offset);
    this.#knownSize = Math.max(this.#knownSize, offset + written);
    return written;
  }

  #writePieces(from: Uint8Array, offset: number | null): number {
    let done = 0;
    while (done < from.length) {
      const written = this.#file.write(from.subarray(done, done + piece), offset === null ? null : offset + done);
      done += written;
      if (written === 0) break;
    }
    if (this.flags.sync) this.#file.sync();
    return done;
  }

  write(from: Uint8Array): number {
    if (!this.#file.seekable) return this.writeAt(from, null);
    if (!this.flags.append) {
      const written = this.writeAt(from, this.#position);
      this.#position += written;
      return written;
    }
    const written = this.writeAt(from, null);
    this.#position = this.#size();
    return written;
  }

  get position(): number {
    if (!this.#file.seekable) throw new Fault("ESPIPE");
    return this.#position;
  }

  seek(offset: number, from: "start" | "current" | "end"): number {
    if (!this.#file.seekable) throw new Fault("ESPIPE");
    const base = from === "start" ? 0 : from === "current" ? this.#position : this.#size();
    const position = base + offset;
    checkOffset(position);
    this.#position = position;
    return position;
  }

  setSize(size: number): void {
    if (!this.access.write) throw new Fault("EINVAL");
    checkOffset(size);
    this.#ledger.takeFileBytes(0, Math.max(0, size - this.#size()));
    this.#file.setSize(size);
    this.#knownSize = size;
  }

  setTimes(times: Times): void {
    this.#file.setTimes(times);
  }

  sync(): void {
    this.#file.sync();
  }

  close(): void {
    // First: should closing fail, the number may belong to another file by the next try.
    this.#ledger.release(this);
    this.#file.close();
  }
}

export class OpenDirectory {
  readonly kind = "directory";
  readonly directory: Directory;
  readonly #ledger: Ledger;

  constructor(directory: Directory, ledger: Ledger) {
    this.directory = directory;
    this.#ledger = ledger;
    ledger.hold(this);
  }

  close(): void {
    this.#ledger.release(this);
    this.directory.close();
  }
}

/** Standard input, output or error. */
export class OpenStream {
  readonly kind = "stream";
  readonly stream: 0 | 1 | 2;
  readonly #services: KernelServices;
  readonly #ledger: Ledger;

  constructor(stream: 0 | 1 | 2, services: KernelServices, ledger: Ledger) {
    this.stream = stream;
    this.#services = services;
    this.#ledger = ledger;
    ledger.hold(this);
  }

  read(into: Uint8Array): number {
    if (this.stream !== 0) throw new Fault("EBADF");
    if (into.length === 0) return 0;
    const bytes = this.#services.input(Math.min(into.length, piece)).subarray(0, into.length);
    into.set(bytes);
    return bytes.length;
  }

  write(from: Uint8Array): number {
    if (this.stream === 0) throw new Fault("EBADF");
    const allowed = this.#ledger.takeOutput(from.length);
    // Copies, since the bytes lie in the guest's memory; in pieces, so that none is as large as the guest likes.
    for (let at = 0; at < allowed; at += piece)
      this.#services.output(this.stream, from.slice(at, Math.min(at + piece, allowed)));
    return allowed;
  }

  close(): void {
    this.#ledger.release(this);
  }
}

export type Open = OpenFile | OpenDirectory | OpenStream;
