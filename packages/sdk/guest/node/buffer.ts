/** Job: Node's Buffer (package buffer), with what the package is behind in: base64url, error codes, a few functions. Never: another Buffer. */
import * as base from "buffer";
import { Blob, File } from "../web/blob.ts";
import { define } from "../web/define.ts";

type Call = (this: unknown, ...args: unknown[]) => unknown;
export const Buffer = base.Buffer;

const isUrl = (encoding: unknown) => typeof encoding === "string" && encoding.toLowerCase() === "base64url";
const toUrl = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Encodings that the package does not know, in words of those that it knows. It reads both alphabets as base64. */
const known = (args: unknown[]) => args.map((arg) => (isUrl(arg) ? "base64" : arg));
const { from, alloc, isEncoding, byteLength } = base.Buffer as Record<string, Call>;
const prototype = Buffer.prototype as Record<string, Call>;
const toText = prototype["toString"] as unknown as Call;
const { write, fill, indexOf, lastIndexOf, includes } = prototype as Record<string, Call>;

define(Buffer, {
  from(this: unknown, ...args: unknown[]) {
    return from!.apply(Buffer, typeof args[0] === "string" ? known(args) : args);
  },
  alloc: (...args: unknown[]) => alloc!.call(Buffer, args[0], ...known(args.slice(1))),
  isEncoding: (encoding: unknown) => isUrl(encoding) || isEncoding!.call(Buffer, encoding),
  byteLength: (value: unknown, encoding?: unknown) => byteLength!.call(Buffer, value, ...known([encoding])),
  copyBytesFrom: (view: Uint8Array, offset = 0, length = view.length - offset) =>
    Buffer.from(view.slice(offset, offset + length) as unknown as string),
});
define(prototype, {
  toString(this: unknown, ...args: unknown[]) {
    return isUrl(args[0]) ? toUrl(toText.apply(this, known(args)) as string) : toText.apply(this, args);
  },
  write(this: unknown, text: unknown, ...args: unknown[]) {
    return write!.call(this, text, ...known(args));
  },
  fill(this: unknown, value: unknown, ...args: unknown[]) {
    return fill!.call(this, value, ...known(args));
  },
  indexOf(this: unknown, value: unknown, ...args: unknown[]) {
    return indexOf!.call(this, value, ...known(args));
  },
  lastIndexOf(this: unknown, value: unknown, ...args: unknown[]) {
    return lastIndexOf!.call(this, value, ...known(args));
  },
  includes(this: unknown, value: unknown, ...args: unknown[]) {
    return includes!.call(this, value, ...known(args));
  },
});

/** Reading and writing beyond the end: the same errors, with Node's codes. */
for (const name of Object.keys(prototype).filter((key) => /^(read|write).*\d|^(read|write)U?Int[BL]E/i.test(key))) {
  const original = prototype[name]!;
  define(prototype, {
    [name](this: Uint8Array, ...args: unknown[]) {
      try {
        return original.apply(this, args);
      } catch (error) {
        if (error instanceof RangeError)
          throw Object.assign(error, { code: this.length < 8 ? "ERR_BUFFER_OUT_OF_BOUNDS" : "ERR_OUT_OF_RANGE" });
        throw error;
      }
    },
  });
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
export const bufferModule = {
  ...base,
  Buffer,
  Blob,
  File,
  atob,
  btoa,
  isAscii: (view: ArrayBufferView) => bytesOf(view).every((byte) => byte < 0x80),
  isUtf8: (view: ArrayBufferView) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(view);
      return true;
    } catch {
      return false;
    }
  },
};
define(globalThis, { Buffer });
