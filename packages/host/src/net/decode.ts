/** Job: bodies as bounded streams: counted on the wire, decoded, counted again. Never: hold a whole body. */
import { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { HttpFailure } from "./failure.ts";

export type Chunks = AsyncIterable<Uint8Array>;

/** The codings that we ask for, and so decode. */
export const acceptedCodings = "gzip, deflate, br";

/** Whether a body with this `content-encoding` is decoded here: one coding, no chains of them. */
export function isDecoded(coding: string | undefined): boolean {
  return ["gzip", "x-gzip", "deflate", "br"].includes(coding?.trim().toLowerCase() ?? "");
}

/** The same chunks; fails when they are more than `maxBytes` together. */
export async function* bounded(chunks: Chunks, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpFailure("too_large", `the answer has more than ${maxBytes} bytes`);
    yield chunk;
  }
}

/** The decoded body; a bomb fails as soon as its output passes `maxBytes`, not later. */
export async function* decoded(chunks: Chunks, coding: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  const name = coding.trim().toLowerCase();
  const input = bounded(chunks, maxBytes);
  const first = await input.next();
  if (first.done) return;
  const decoder =
    name === "br"
      ? createBrotliDecompress()
      : name === "deflate"
        ? // Some servers send deflate without the zlib wrapper, whose first byte ends in 8.
          (first.value[0]! & 0x0f) === 8
          ? createInflate()
          : createInflateRaw()
        : createGunzip();
  const source = Readable.from(startingWith(first.value, input), { objectMode: false, highWaterMark: 64 * 1024 });
  source.once("error", (error) => decoder.destroy(error));
  source.pipe(decoder);
  try {
    yield* bounded(decoder, maxBytes);
  } finally {
    decoder.destroy();
    source.destroy();
  }
}

async function* startingWith(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
