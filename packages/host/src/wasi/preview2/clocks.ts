/** Job: wasi:clocks and wasi:random over the kernel's clock and randomness. Never: wait. */
import { trap } from "../../component/errors.ts";
import type { Group } from "./context.ts";
import { Pollable } from "./io.ts";

const second = 1_000_000_000n;
const u64 = (value: bigint) => BigInt.asUintN(64, value);

/** `wasi:clocks/wall-clock.datetime`. */
export const datetime = (nanoseconds: bigint) => ({
  seconds: nanoseconds / second,
  nanoseconds: Number(nanoseconds % second),
});

/** Of one call. Programs seed generators or fill a buffer; who needs more asks again. */
const mostRandomBytes = 16 * 1024 * 1024;

export const clockInterfaces: Group = ({ kernel }) => {
  const { clock } = kernel;
  const at = (instant: bigint) =>
    new Pollable({ ready: () => clock.monotonic() >= instant, deadline: instant, answered: false });
  return {
    "wasi:clocks/monotonic-clock": {
      functions: {
        now: () => u64(clock.monotonic()),
        resolution: () => clock.resolution,
        "subscribe-instant": (when: bigint) => at(when),
        "subscribe-duration": (duration: bigint) => at(clock.monotonic() + duration),
      },
    },
    "wasi:clocks/wall-clock": {
      functions: {
        now: () => datetime(clock.wall()),
        resolution: () => datetime(clock.resolution),
      },
    },
    // Where the host is, is none of the guest's business.
    "wasi:clocks/timezone": {
      functions: {
        display: () => ({ "utc-offset": 0, name: "UTC", "in-daylight-saving-time": false }),
        "utc-offset": () => 0,
      },
    },
  };
};

export const randomInterfaces: Group = ({ kernel }) => {
  const bytes = (length: bigint) => {
    if (length > BigInt(mostRandomBytes)) trap(`${length} random bytes at once; at most ${mostRandomBytes}`);
    const filled = new Uint8Array(Number(length));
    kernel.random.fill(filled);
    return filled;
  };
  const number = () => new DataView(bytes(8n).buffer).getBigUint64(0, true);
  return {
    "wasi:random/random": { functions: { "get-random-bytes": bytes, "get-random-u64": number } },
    // As good as the other: a guest that asks for less gets no less.
    "wasi:random/insecure": {
      functions: { "get-insecure-random-bytes": bytes, "get-insecure-random-u64": number },
    },
    "wasi:random/insecure-seed": { functions: { "insecure-seed": () => [number(), number()] } },
  };
};
