/** Job: Node's `timers/promises`. Never: a timer of its own. */
import * as timers from "../web/timers.ts";

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}
declare class AbortSignal extends EventTarget {
  readonly aborted: boolean;
  readonly reason: unknown;
}
declare class EventTarget {
  addEventListener(type: string, listener: () => void, options?: object): void;
}

const aborted = (signal: AbortSignal) =>
  Object.assign(new Error("The operation was aborted", { cause: signal.reason }), {
    name: "AbortError",
    code: "ABORT_ERR",
  });

function wait<T>(
  start: (done: () => void) => timers.Timeout,
  value: T,
  { signal, ref = true }: Options = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(aborted(signal));
      return;
    }
    const timer = start(() => resolve(value));
    if (!ref) timer.unref();
    signal?.addEventListener(
      "abort",
      () => {
        timer.close();
        reject(aborted(signal));
      },
      { once: true },
    );
  });
}

const setTimeout = <T>(delay?: number, value?: T, options?: Options) =>
  wait((done) => timers.setTimeout(done, delay), value, options);

export const timersPromises = {
  setTimeout,
  setImmediate: <T>(value?: T, options?: Options) => wait((done) => timers.setImmediate(done), value, options),
  setInterval: async function* <T>(delay?: number, value?: T, options?: Options) {
    for (;;) yield await setTimeout(delay, value, options);
  },
  scheduler: { wait: (delay: number, options?: Options) => setTimeout(delay, undefined, options) },
};
