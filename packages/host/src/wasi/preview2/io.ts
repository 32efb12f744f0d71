/** Job: wasi:io: error, poll, streams. Never: what a stream leads to. */
import { trap } from "../../component/errors.ts";
import { type Group, nothing, ok } from "./context.ts";
import { type IoError, streamResult } from "./errors.ts";
import { type InputStream, largestPiece, type OutputStream } from "./streams.ts";
import type { Source } from "./waits.ts";

/** The resource `wasi:io/poll.pollable`. */
export class Pollable {
  readonly source: Source;
  constructor(source: Source) {
    this.source = source;
  }
}

export const ioInterfaces: Group = ({ kernel, waits }) => {
  const write = (stream: OutputStream, bytes: Uint8Array) => {
    const permit = stream.permit();
    if (bytes.length > permit) trap(`a write of ${bytes.length} bytes where check-write permits ${permit}`);
    stream.push(bytes);
    return ok();
  };
  /** However many: in pieces, as the WIT's pseudo-code has it. */
  const writeAll = (stream: OutputStream, bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(stream.permit(), bytes.length - at);
      stream.push(bytes.subarray(at, at + length));
      at += length;
    }
    return ok();
  };
  const zeroes = (length: bigint) => {
    if (length > BigInt(largestPiece)) trap(`${length} zeroes at once where ${largestPiece} are permitted`);
    return new Uint8Array(Number(length));
  };
  const splice = (to: OutputStream, from: InputStream, length: bigint, block: boolean) => {
    const permit = BigInt(to.permit());
    const wanted = length < permit ? length : permit;
    // A failed read is the source's failure, and only told here.
    const read = streamResult(from, () => ok(block ? from.blockingRead(wanted, waits) : from.read(wanted)));
    if (read.tag === "err") return read;
    const bytes = read.val as Uint8Array;
    to.push(bytes);
    return ok(BigInt(bytes.length));
  };

  return {
    "wasi:io/error": {
      functions: { "[method]error.to-debug-string": (error: IoError) => error.message },
      resources: { error: nothing },
    },

    "wasi:io/poll": {
      functions: {
        "[method]pollable.ready": (pollable: Pollable) => waits.isReady(pollable.source),
        "[method]pollable.block": (pollable: Pollable) => {
          waits.for(pollable.source);
          return undefined;
        },
        poll: (pollables: readonly Pollable[]) => {
          if (pollables.length === 0) trap("poll of an empty list");
          kernel.ledger.checkPoll(pollables.length);
          return waits.until(pollables.map(({ source }) => source));
        },
      },
      resources: { pollable: nothing },
    },

    "wasi:io/streams": {
      functions: {
        "[method]input-stream.read": (stream: InputStream, length: bigint) =>
          streamResult(stream, () => ok(stream.read(length))),
        "[method]input-stream.blocking-read": (stream: InputStream, length: bigint) =>
          streamResult(stream, () => ok(stream.blockingRead(length, waits))),
        "[method]input-stream.skip": (stream: InputStream, length: bigint) =>
          streamResult(stream, () => ok(BigInt(stream.read(length).length))),
        "[method]input-stream.blocking-skip": (stream: InputStream, length: bigint) =>
          streamResult(stream, () => ok(BigInt(stream.blockingRead(length, waits).length))),
        "[method]input-stream.subscribe": (stream: InputStream) => new Pollable(stream.source),

        "[method]output-stream.check-write": (stream: OutputStream) =>
          streamResult(stream, () => ok(BigInt(stream.permit()))),
        "[method]output-stream.write": (stream: OutputStream, bytes: Uint8Array) =>
          streamResult(stream, () => write(stream, bytes)),
        "[method]output-stream.blocking-write-and-flush": (stream: OutputStream, bytes: Uint8Array) =>
          streamResult(stream, () => writeAll(stream, bytes)),
        // Nothing is buffered here: what a write took has gone on.
        "[method]output-stream.flush": (stream: OutputStream) => streamResult(stream, () => ok()),
        "[method]output-stream.blocking-flush": (stream: OutputStream) => streamResult(stream, () => ok()),
        "[method]output-stream.subscribe": (stream: OutputStream) => new Pollable(stream.source),
        "[method]output-stream.write-zeroes": (stream: OutputStream, length: bigint) =>
          streamResult(stream, () => write(stream, zeroes(length))),
        "[method]output-stream.blocking-write-zeroes-and-flush": (stream: OutputStream, length: bigint) =>
          streamResult(stream, () => writeAll(stream, zeroes(length))),
        "[method]output-stream.splice": (to: OutputStream, from: InputStream, length: bigint) =>
          streamResult(to, () => splice(to, from, length, false)),
        "[method]output-stream.blocking-splice": (to: OutputStream, from: InputStream, length: bigint) =>
          streamResult(to, () => splice(to, from, length, true)),
      },
      resources: {
        "input-stream": (stream: InputStream) => stream.drop(),
        "output-stream": (stream: OutputStream) => stream.drop(),
      },
    },
  };
};
