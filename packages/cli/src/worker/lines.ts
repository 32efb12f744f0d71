/** Job: a stream of bytes → its lines, each of a bounded length. Never: know what a line says; keep more than one in memory. */

export type Line =
  | { readonly kind: "text"; readonly text: string }
  /** Its end was reached without keeping it. */
  | { readonly kind: "too_long" }
  | { readonly kind: "no_text" };

const lineFeed = 10;

/** Empty lines are left out; a last line without a line feed counts. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const add = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length <= mostBytes) parts.push(bytes);
    else parts = [];
  };
  const take = (): Line | null => {
    const line = length > mostBytes ? ({ kind: "too_long" } as const) : textOf(Buffer.concat(parts));
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line !== null) yield line;
    }
    // A copy: a small rest must not keep a whole chunk alive, nor be overwritten with it.
    add(chunk.slice(from));
  }
  const last = take();
  if (last !== null) yield last;
}

function textOf(bytes: Uint8Array): Line | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  } catch {
    return { kind: "no_text" };
  }
  return text === "" ? null : { kind: "text", text };
}
