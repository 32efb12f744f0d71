/** Job: multipart/form-data (RFC 7578), both ways. Never: read more than one body. */
import { bytesOf, concat, File, FormData } from "./blob.ts";

const encoder = new TextEncoder();

/** RFC 7578: the body and its content type. */
export function encodeForm(form: FormData): { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string } {
  const boundary = `----capsule${crypto.randomUUID().replaceAll("-", "")}`;
  const quoted = (text: string) => text.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
  const parts: Uint8Array[] = [];
  for (const [name, value] of form) {
    const file = value instanceof File ? `; filename="${quoted(value.name)}"` : "";
    const type = value instanceof File ? `Content-Type: ${value.type || "application/octet-stream"}\r\n` : "";
    parts.push(
      encoder.encode(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}\r\n${type}\r\n`),
    );
    parts.push(bytesOf(value), encoder.encode("\r\n"));
  }
  parts.push(encoder.encode(`--${boundary}--\r\n`));
  return { bytes: concat(parts), type: `multipart/form-data; boundary=${boundary}` };
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1))
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}

/** @throws TypeError for a body that is no form with this boundary */
export function decodeForm(bytes: Uint8Array, boundary: string): FormData {
  const form = new FormData();
  const blank = encoder.encode("\r\n\r\n");
  const mark = encoder.encode(`--${boundary}`);
  const next = encoder.encode(`\r\n--${boundary}`);
  let at = find(bytes, mark, 0);
  if (at < 0) throw new TypeError("Failed to parse body as FormData.");
  at += mark.length;
  while (!(bytes[at] === 0x2d && bytes[at + 1] === 0x2d)) {
    const head = find(bytes, blank, at);
    const end = head < 0 ? -1 : find(bytes, next, head + 2);
    if (end < 0) throw new TypeError("Failed to parse body as FormData.");
    const fields = new TextDecoder().decode(bytes.subarray(at, head));
    const text = (name: string) =>
      new RegExp(`[;\\s]${name}="([^"]*)"`)
        .exec(fields)?.[1]
        ?.replaceAll("%22", '"')
        .replaceAll("%0D", "\r")
        .replaceAll("%0A", "\n");
    const name = text("name");
    if (name === undefined) throw new TypeError("Failed to parse body as FormData.");
    const file = text("filename");
    const content = bytes.slice(head + 4, end);
    const type = /^content-type:\s*(.*)$/im.exec(fields)?.[1]?.trim() ?? "";
    form.append(name, file === undefined ? new TextDecoder().decode(content) : new File([content], file, { type }));
    at = end + next.length;
  }
  return form;
}
