/** Job: the web platform's globals. Never: what QuickJS and its extensions have already. */

import { ask } from "../core/host.ts";
import { addTimer, removeTimer } from "../core/loop.ts";
import { onFresh } from "../core/run.ts";

declare const crypto: { getRandomValues<T extends ArrayBufferView>(array: T): T };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

type Callback = (...args: unknown[]) => void;

const timer =
  (repeat: boolean) =>
  (callback: Callback, delay = 0, ...args: unknown[]) =>
    addTimer(() => callback(...args), Number(delay), repeat);

const print = (stream: string) => {
  const encoder = new TextEncoder();
  return (...args: unknown[]) => {
    const text = args
      .map((value) => (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))))
      .join(" ");
    ask("write", stream, encoder.encode(`${text}\n`).buffer as ArrayBuffer);
  };
};

Object.assign(globalThis, {
  setTimeout: timer(false),
  setInterval: timer(true),
  clearTimeout: removeTimer,
  clearInterval: removeTimer,
  console: { log: print("1"), info: print("1"), debug: print("1"), warn: print("2"), error: print("2") },
});

// QuickJS seeds its generator once, before the image was made: every run gets one of its own (xorshift128+).
onFresh(() => {
  const seed = crypto.getRandomValues(new BigUint64Array(2));
  let a = seed[0]! | 1n;
  let b = seed[1]!;
  const mask = 0xffffffffffffffffn;
  Math.random = () => {
    let t = a;
    const s = b;
    a = s;
    t ^= (t << 23n) & mask;
    t ^= t >> 17n;
    t ^= s ^ (s >> 26n);
    b = t;
    return Number(((t + s) & mask) >> 11n) / 2 ** 53;
  };
});
