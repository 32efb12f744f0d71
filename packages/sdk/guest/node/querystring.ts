/** Job: Node's `querystring`. Never: the URL standard (URLSearchParams is). */

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text.replaceAll("+", " ").replace(/%[0-9a-fA-F]{2}/g, (part) => {
      const byte = Number.parseInt(part.slice(1), 16);
      return byte < 0x80 ? String.fromCharCode(byte) : "\ufffd";
    });
  }
};
const encode = (value: unknown): string => {
  const text =
    typeof value === "string"
      ? value
      : typeof value === "number" && Number.isFinite(value)
        ? `${value}`
        : typeof value === "bigint" || typeof value === "boolean"
          ? `${value}`
          : "";
  return encodeURIComponent(text.toWellFormed());
};

function parse(
  text: string,
  separator = "&",
  equals = "=",
  { maxKeys = 1000 } = {},
): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = Object.create(null);
  const parts = `${text}`.split(separator).filter(Boolean);
  for (const part of maxKeys > 0 ? parts.slice(0, maxKeys) : parts) {
    const at = part.indexOf(equals);
    const key = decode(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? "" : decode(part.slice(at + equals.length));
    const old = found[key];
    found[key] = old === undefined ? value : Array.isArray(old) ? [...old, value] : [old, value];
  }
  return found;
}

function stringify(values: Readonly<Record<string, unknown>>, separator = "&", equals = "="): string {
  return Object.entries(values ?? {})
    .flatMap(([key, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => `${encode(key)}${equals}${encode(item)}`),
    )
    .join(separator);
}

export const querystring = {
  parse,
  stringify,
  decode: parse,
  encode: stringify,
  escape: encodeURIComponent,
  unescape: decode,
};
