/** Job: text to UTF-8 and back with the globals that every engine has. Never: anything else. */

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

/** Throws where the bytes are not UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

export const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
