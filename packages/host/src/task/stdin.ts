/** Job: standard input from whatever the caller gave: bytes at once, or a stream read as the guest asks. Never: read ahead of the guest. */
import type { InputCall, InputReply } from "../worker/protocol.ts";

/** A string is UTF-8; a stream is read once, also over several attempts. */
export type Stdin = string | Uint8Array | AsyncIterable<Uint8Array> | null;

export interface StdinSource {
  /** What the run begins with. */
  readonly initial: Uint8Array | "stream" | null;
  answer(call: InputCall, signal: AbortSignal): Promise<InputReply>;
}

export function openStdin(stdin: Stdin): StdinSource {
  if (stdin === null || typeof stdin === "string" || stdin instanceof Uint8Array) {
    const initial = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    return { initial, answer: async () => ({ ok: true, bytes: new Uint8Array(0) }) };
  }
  const iterator = stdin[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  let isAtEnd = false;
  /** One read at a time: a read that an ended attempt left behind is the next attempt's. */
  let reading: Promise<void> | null = null;
  const read = async () => {
    while (rest.length === 0 && !isAtEnd) {
      const next = await iterator.next();
      if (next.done === true) isAtEnd = true;
      else rest = new Uint8Array(next.value);
    }
  };
  return {
    initial: "stream",
    async answer({ maxBytes }) {
      try {
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      } catch (error) {
        return { ok: false, message: error instanceof Error ? error.message : String(error) };
      }
      const bytes = rest.slice(0, maxBytes);
      rest = rest.subarray(bytes.length);
      return { ok: true, bytes };
    },
  };
}
