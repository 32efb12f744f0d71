/** Job: the resources input-stream and output-stream, and those over standard streams and files. Never: their WIT (see io.ts). */
import type { OpenFile, OpenStream } from "../open.ts";
import type { Shared } from "./descriptor.ts";
import { StreamClosed } from "./errors.ts";
import { always, type Source, type Waits } from "./waits.ts";

/** The most of one read or write; the WIT lets both be shorter than asked. */
export const largestPiece = 1024 * 1024;

/** Operations fail by throwing a Fault, `StreamClosed` or `StreamFailed`. */
export abstract class InputStream {
  closed = false;
  abstract readonly source: Source;
  /** At most `length` (1 … `largestPiece`) bytes that are there now; none when none are. */
  protected abstract pull(length: number): Uint8Array;
  drop(): void {}

  read(length: bigint): Uint8Array {
    if (length === 0n) return new Uint8Array(0);
    return this.pull(length > BigInt(largestPiece) ? largestPiece : Number(length));
  }

  blockingRead(length: bigint, waits: Waits): Uint8Array {
    if (length > 0n) waits.for(this.source);
    return this.read(length);
  }
}

export abstract class OutputStream {
  closed = false;
  readonly source: Source = always;
  /** How many bytes the next write may have: 1 … `largestPiece`. */
  permit(): number {
    return largestPiece;
  }
  /** Takes all of `bytes` or throws. */
  abstract push(bytes: Uint8Array): void;
  drop(): void {}
}

/** `write` may take less than it is given, until a quota ends and it throws. */
function whole(bytes: Uint8Array, write: (rest: Uint8Array) => number): void {
  for (let done = 0; done < bytes.length; ) {
    const written = write(bytes.subarray(done));
    if (written === 0) throw new StreamClosed();
    done += written;
  }
}

export class StandardInput extends InputStream {
  /** Reading waits for whoever types. */
  readonly source = always;
  readonly #stream: OpenStream;

  constructor(stream: OpenStream) {
    super();
    this.#stream = stream;
  }

  protected pull(length: number): Uint8Array {
    const into = new Uint8Array(Math.min(length, 64 * 1024));
    const count = this.#stream.read(into);
    if (count === 0) throw new StreamClosed();
    return into.subarray(0, count);
  }
}

export class StandardOutput extends OutputStream {
  readonly #stream: OpenStream;

  constructor(stream: OpenStream) {
    super();
    this.#stream = stream;
  }

  push(bytes: Uint8Array): void {
    whole(bytes, (rest) => this.#stream.write(rest));
  }
}

/** Reads a file from an offset of its own; the file stays open for it when its descriptor is dropped. */
export class FileInput extends InputStream {
  readonly source = always;
  readonly #file: Shared<OpenFile>;
  #offset: number;

  constructor(file: Shared<OpenFile>, offset: number) {
    super();
    this.#file = file.share();
    this.#offset = offset;
  }

  protected pull(length: number): Uint8Array {
    const into = new Uint8Array(length);
    const count = this.#file.open.readAt(into, this.#offset);
    if (count === 0) throw new StreamClosed();
    this.#offset += count;
    return into.subarray(0, count);
  }

  override drop(): void {
    this.#file.release();
  }
}

export class FileOutput extends OutputStream {
  readonly #file: Shared<OpenFile>;
  /** Null: always at the end. */
  #offset: number | null;

  constructor(file: Shared<OpenFile>, offset: number | null) {
    super();
    this.#file = file.share();
    this.#offset = offset;
  }

  push(bytes: Uint8Array): void {
    whole(bytes, (rest) => {
      const written = this.#file.open.writeAt(rest, this.#offset);
      if (this.#offset !== null) this.#offset += written;
      return written;
    });
  }

  override drop(): void {
    this.#file.release();
  }
}
