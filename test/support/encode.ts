/** Job: write small WebAssembly modules as bytes, for tests that need one of their own making. Never: check them. */

export type Bytes = readonly number[];

/** Unsigned LEB128. */
export function u(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? byte : byte | 0x80);
  } while (rest !== 0n);
  return out;
}

/** Signed LEB128. */
export function s(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    out.push(done ? byte : byte | 0x80);
    if (done) return out;
  }
}

export function vector(items: readonly Bytes[]): number[] {
  const out = u(items.length);
  for (const item of items) for (const byte of item) out.push(byte);
  return out;
}

export function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...u(bytes.length), ...bytes];
}

export function section(id: number, content: Bytes): number[] {
  const out = [id, ...u(content.length)];
  for (const byte of content) out.push(byte);
  return out;
}

export const type = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  empty: 0x40,
};

export function functionType(parameters: Bytes, results: Bytes): number[] {
  return [0x60, ...u(parameters.length), ...parameters, ...u(results.length), ...results];
}

/** An entry of the code section; `locals` are pairs of count and type, `body` ends without its `end`. */
export function code(locals: readonly (readonly [number, number])[], body: Bytes): number[] {
  const content = vector(locals.map(([count, of]) => [...u(count), of]));
  for (const byte of body) content.push(byte);
  content.push(0x0b);
  const out = u(content.length);
  for (const byte of content) out.push(byte);
  return out;
}

export function module(sections: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const out = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const part of sections) for (const byte of part) out.push(byte);
  return Uint8Array.from(out);
}
