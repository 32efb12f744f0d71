/** Job: timers as Node has them: objects that can be cleared by their number too. Never: wait. */
import { addTimer, isActive, removeTimer, setReferenced } from "../core/loop.ts";
import { define } from "./define.ts";

type Callback = (...args: unknown[]) => void;

export class Timeout {
  #id: number;
  readonly #start: () => number;

  constructor(start: () => number) {
    this.#start = start;
    this.#id = start();
  }
  ref(): this {
    setReferenced(this.#id, true);
    return this;
  }
  unref(): this {
    setReferenced(this.#id, false);
    return this;
  }
  hasRef(): boolean {
    return isActive(this.#id);
  }
  refresh(): this {
    removeTimer(this.#id);
    this.#id = this.#start();
    return this;
  }
  close(): this {
    removeTimer(this.#id);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#id;
  }
  [Symbol.dispose](): void {
    removeTimer(this.#id);
  }
}

const starter =
  (repeat: boolean) =>
  (callback: Callback, delay?: number, ...args: unknown[]) => {
    if (typeof callback !== "function") throw new TypeError("the callback must be a function");
    const call = args.length === 0 ? callback : () => callback(...args);
    return new Timeout(() => addTimer(call, Number(delay ?? 0), repeat));
  };
const clear = (timer: unknown) => {
  if (timer instanceof Timeout) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") removeTimer(Number(timer));
};

/** `util.promisify(setTimeout)` takes the delay first. */
const promisify = Symbol.for("nodejs.util.promisify.custom");
export const setTimeout = Object.assign(starter(false), {
  [promisify]: (delay?: number, value?: unknown) => new Promise((resolve) => setTimeout(() => resolve(value), delay)),
});
export const setInterval = starter(true);
export const setImmediate = Object.assign(
  (callback: Callback, ...args: unknown[]) => setTimeout(callback, 0, ...args),
  { [promisify]: (value?: unknown) => new Promise((resolve) => setTimeout(() => resolve(value), 0)) },
);
export { clear as clearTimeout, clear as clearInterval, clear as clearImmediate };

define(globalThis, {
  setTimeout,
  setInterval,
  setImmediate,
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
});
