/**
 * Job: append empty functions to a module, as many as it has. Never: touch what is there.
 *
 * V8 sets its budget for inlining by the share of functions whose bodies are under 50 bytes. A meter may pad for that
 * reason, and an unmetered module gains from it too: the padded unmetered module is the second, stricter baseline.
 */

const [typeSection, functionSection, codeSection] = [1, 3, 10];

function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return [...out, rest];
}

function read(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0, i = at; ; shift += 7, i++) {
    value += (bytes[i]! & 0x7f) * 2 ** shift;
    if (bytes[i]! < 0x80) return [value, i + 1];
  }
}

/** A vector with `count` more copies of `item` at its end. */
function extended(content: Uint8Array, count: number, item: readonly number[]): Uint8Array {
  const [length, start] = read(content, 0);
  return Buffer.concat([
    Uint8Array.from(unsigned(length + count)),
    content.subarray(start),
    new Uint8Array(count * item.length).map((_, i) => item[i % item.length]!),
  ]);
}

export function pad(bytes: Uint8Array): Uint8Array {
  const sections: { id: number; content: Uint8Array }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const [size, start] = read(bytes, at + 1);
    sections.push({ id: bytes[at]!, content: bytes.subarray(start, start + size) });
    at = start + size;
  }
  const of = (id: number) => sections.find((section) => section.id === id);
  const [types, functions, code] = [of(typeSection!), of(functionSection!), of(codeSection!)];
  if (!types || !functions || !code) return bytes;
  const [type] = read(types.content, 0);
  const [count] = read(functions.content, 0);
  types.content = extended(types.content, 1, [0x60, 0, 0]);
  functions.content = extended(functions.content, count, unsigned(type));
  code.content = extended(code.content, count, [2, 0, 0x0b]);
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...sections.flatMap(({ id, content }) => [Uint8Array.from([id, ...unsigned(content.length)]), content]),
  ]);
}
