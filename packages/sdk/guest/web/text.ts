/** Job: a TextDecoder that knows, besides UTF-8 (the encoding extension's), the single-byte and UTF-16 encodings that programs meet. Never: the whole encoding standard. */
import { define } from "./define.ts";

const Utf8 = TextDecoder;
const names: Readonly<Record<string, string>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  latin1: "windows-1252",
  "iso-8859-1": "windows-1252",
  ascii: "windows-1252",
  "us-ascii": "windows-1252",
  "windows-1252": "windows-1252",
  cp1252: "windows-1252",
  "utf-16": "utf-16le",
  "utf-16le": "utf-16le",
  ucs2: "utf-16le",
  "ucs-2": "utf-16le",
  "utf-16be": "utf-16be",
};
/** Where windows-1252 differs from ISO 8859-1: 0x80 to 0x9f (encoding standard, index-windows-1252). */
const upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
const chunk = 8192;

class Decoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly #utf8: TextDecoder | null;
  #rest: number | null = null;
  #started = false;

  constructor(
    label: unknown = "utf-8",
    { fatal = false, ignoreBOM = false }: { fatal?: boolean; ignoreBOM?: boolean } = {},
  ) {
    const encoding = names[`${label as string}`.trim().toLowerCase()];
    if (encoding === undefined)
      throw Object.assign(new RangeError(`The "${label as string}" encoding is not supported`), {
        code: "ERR_ENCODING_NOT_SUPPORTED",
      });
    this.encoding = encoding;
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
    this.#utf8 = encoding === "utf-8" ? new Utf8("utf-8", { fatal, ignoreBOM }) : null;
  }
  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    if (this.#utf8 !== null) {
      try {
        return input === undefined ? this.#utf8.decode(new Uint8Array(0), options) : this.#utf8.decode(input, options);
      } catch {
        throw Object.assign(new TypeError(`The encoded data was not valid for encoding ${this.encoding}`), {
          code: "ERR_ENCODING_INVALID_ENCODED_DATA",
        });
      }
    }
    const bytes =
      input === undefined
        ? new Uint8Array(0)
        : ArrayBuffer.isView(input)
          ? new Uint8Array(input.buffer as ArrayBuffer, input.byteOffset, input.byteLength)
          : new Uint8Array(input);
    return this.encoding === "windows-1252" ? single(bytes) : this.#wide(bytes, options.stream === true);
  }
  #wide(bytes: Uint8Array, goesOn: boolean): string {
    const all = this.#rest === null ? [...bytes] : [this.#rest, ...bytes];
    this.#rest = goesOn && all.length % 2 === 1 ? all.pop()! : null;
    const units: number[] = [];
    for (let at = 0; at + 1 < all.length; at += 2)
      units.push(this.encoding === "utf-16le" ? all[at]! | (all[at + 1]! << 8) : (all[at]! << 8) | all[at + 1]!);
    if (all.length % 2 === 1) units.push(0xfffd);
    if (!this.#started && !this.ignoreBOM && units[0] === 0xfeff) units.shift();
    this.#started = goesOn;
    return textOf(units).toWellFormed();
  }
  get [Symbol.toStringTag](): string {
    return "TextDecoder";
  }
}
Object.defineProperty(Decoder, "name", { value: "TextDecoder" });

function single(bytes: Uint8Array): string {
  return textOf(bytes).replace(/[\u0080-\u009f]/g, (character) => upper[character.charCodeAt(0) - 0x80]!);
}
function textOf(units: ArrayLike<number>): string {
  let text = "";
  for (let at = 0; at < units.length; at += chunk)
    text += String.fromCharCode(...Array.prototype.slice.call(units, at, at + chunk));
  return text;
}

define(globalThis, { TextDecoder: Decoder });
