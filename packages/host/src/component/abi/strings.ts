/**
 * Job: strings in the three encodings.
 * A string of the host is taken to be in the encoding that the guest wants, so that one realloc of the right size does; for
 * latin1+utf16 that is latin1 where all of it fits (CanonicalABI.md, store_string_into_range, the copying cases).
 * Never: accept what is not well-formed.
 */
import { ComponentValueError, trap } from "../errors.ts";
import { maxBytes } from "../limits.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import type { Context } from "./context.ts";
import { type CoreValue, unsigned } from "./core.ts";
import { mismatch } from "./expect.ts";

const utf16Tag = 0x80000000;
/** Up to here a loop beats the call of a decoder. */
const shortString = 24;
/** Code units per call of fromCharCode: arguments live on the stack. */
const chunk = 4096;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const stringCodec: Codec = {
  load: (context, at) => read(context, context.view.getUint32(at, true), context.view.getUint32(at + 4, true)),
  store(context, value, at) {
    const [address, length] = write(context, value);
    context.view.setUint32(at, address, true);
    context.view.setUint32(at + 4, length, true);
  },
  lift: (context, flat, at) => read(context, unsigned(flat[at]), unsigned(flat[at + 1])),
  lower(context, value, flat: CoreValue[]) {
    flat.push(...write(context, value));
  },
};

function read(context: Context, address: number, length: number): string {
  switch (context.encoding) {
    case "utf8":
      return utf8(checked(context, address, length, 1));
    case "utf16":
      return utf16(checked(context, address, length * 2, 2));
    case "latin1+utf16":
      if (length >= utf16Tag) return utf16(checked(context, address, (length - utf16Tag) * 2, 2));
      return fromUnits(checked(context, address, length, 2));
  }
}

function checked(context: Context, address: number, size: number, alignment: number): Uint8Array {
  if (size > maxBytes) trap(`a string of ${size} bytes is longer than ${maxBytes}`);
  context.range(address, size, alignment);
  context.store.lift(size);
  context.store.allocate(size);
  return context.bytes.subarray(address, address + size);
}

function utf8(bytes: Uint8Array): string {
  if (bytes.length <= shortString) {
    let text = "";
    let ascii = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!;
      ascii |= byte;
      text += String.fromCharCode(byte);
    }
    if (ascii < 0x80) return text;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return trap("a string is not valid UTF-8");
  }
}

function utf16(bytes: Uint8Array): string {
  const text = fromUnits(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
  return text.isWellFormed() ? text : trap("a string is not valid UTF-16");
}

function fromUnits(units: Uint8Array | Uint16Array): string {
  if (units.length <= chunk) return String.fromCharCode.apply(null, units as unknown as number[]);
  const parts: string[] = [];
  for (let at = 0; at < units.length; at += chunk)
    parts.push(String.fromCharCode.apply(null, units.subarray(at, at + chunk) as unknown as number[]));
  return parts.join("");
}

function write(context: Context, value: ComponentValue): [address: number, length: number] {
  if (typeof value !== "string") return mismatch("string", value);
  switch (context.encoding) {
    case "utf8":
      return writeUtf8(context, value);
    case "utf16":
      return [writeUnits(context, value.toWellFormed(), 2), value.length];
    case "latin1+utf16":
      if (isLatin1(value)) return [writeUnits(context, value, 1), value.length];
      return [writeUnits(context, value.toWellFormed(), 2), value.length + utf16Tag];
  }
}

function writeUtf8(context: Context, text: string): [address: number, length: number] {
  if (text.length <= shortString && isAscii(text)) {
    const address = context.allocate(text.length, 1);
    for (let index = 0; index < text.length; index++) context.bytes[address + index] = text.charCodeAt(index);
    return [address, text.length];
  }
  const bytes = encoder.encode(text);
  const address = context.allocate(fits(bytes.length), 1);
  context.bytes.set(bytes, address);
  return [address, bytes.length];
}

function writeUnits(context: Context, text: string, size: 1 | 2): number {
  const address = context.allocate(fits(text.length * size), 2);
  const { bytes, view } = context;
  if (size === 1) for (let index = 0; index < text.length; index++) bytes[address + index] = text.charCodeAt(index);
  else
    for (let index = 0; index < text.length; index++) view.setUint16(address + 2 * index, text.charCodeAt(index), true);
  return address;
}

function fits(size: number): number {
  if (size > maxBytes) throw new ComponentValueError(`a string of ${size} bytes is too long; the most is ${maxBytes}`);
  return size;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false;
  return true;
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x100) return false;
  return true;
}
