/** Job: Event, EventTarget, AbortController and AbortSignal (DOM standard, sections 2 and 3; there is no tree, so no capturing or bubbling). Never: anything of a page. */
import { addTimer, setReferenced } from "../core/loop.ts";
import { define } from "./define.ts";

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };
interface Options {
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly capture?: boolean;
  readonly signal?: AbortSignal;
}

export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed = false;
  readonly timeStamp = performance.now();
  readonly isTrusted = false;
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  eventPhase = 0;
  #prevented = false;
  #stopped = false;

  constructor(type: string, { bubbles = false, cancelable = false }: { bubbles?: boolean; cancelable?: boolean } = {}) {
    this.type = `${type}`;
    this.bubbles = bubbles;
    this.cancelable = cancelable;
  }
  get defaultPrevented(): boolean {
    return this.#prevented;
  }
  get srcElement(): EventTarget | null {
    return this.target;
  }
  preventDefault(): void {
    if (this.cancelable) this.#prevented = true;
  }
  stopPropagation(): void {}
  stopImmediatePropagation(): void {
    this.#stopped = true;
  }
  composedPath(): EventTarget[] {
    return this.currentTarget ? [this.currentTarget] : [];
  }
  static stopped(event: Event): boolean {
    return event.#stopped;
  }
}

export class CustomEvent<T = unknown> extends Event {
  readonly detail: T | null;
  constructor(
    type: string,
    { detail = null, ...rest }: { detail?: T | null; bubbles?: boolean; cancelable?: boolean } = {},
  ) {
    super(type, rest);
    this.detail = detail;
  }
}

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

export class EventTarget {
  readonly #listeners = new Map<string, Entry[]>();

  addEventListener(type: string, listener: Listener | null, options: Options | boolean = {}): void {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (signal?.aborted) return;
    const entries = this.#listeners.get(type) ?? [];
    if (entries.some((entry) => entry.listener === listener)) return;
    this.#listeners.set(type, [...entries, { listener, once }]);
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener), { once: true });
  }
  removeEventListener(type: string, listener: Listener | null): void {
    const entries = this.#listeners.get(type);
    if (entries)
      this.#listeners.set(
        type,
        entries.filter((entry) => entry.listener !== listener),
      );
  }
  dispatchEvent(event: Event): boolean {
    event.target = this;
    event.currentTarget = this;
    const handler = (this as unknown as Record<string, unknown>)[`on${event.type}`];
    const entries = [...(this.#listeners.get(event.type) ?? [])];
    if (typeof handler === "function") entries.unshift({ listener: handler as Listener, once: false });
    for (const { listener, once } of entries) {
      if (once) this.removeEventListener(event.type, listener);
      try {
        if (typeof listener === "function") listener.call(this, event);
        else listener.handleEvent(event);
      } catch (error) {
        // As Node does: an error of a listener is nobody's to catch.
        queueMicrotask(() => {
          throw error;
        });
      }
      if (Event.stopped(event)) break;
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }
}

const token = Symbol("made by the platform");
const abortError = () => new DOMException("This operation was aborted", "AbortError");

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;

  constructor(key?: symbol) {
    super();
    if (key !== token) throw new TypeError("Illegal constructor");
  }
  get aborted(): boolean {
    return this.#aborted;
  }
  get reason(): unknown {
    return this.#reason;
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }
  static raise(signal: AbortSignal, reason: unknown): void {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    signal.dispatchEvent(new Event("abort"));
  }
  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(token);
    AbortSignal.raise(signal, reason);
    return signal;
  }
  static timeout(milliseconds: number): AbortSignal {
    const signal = new AbortSignal(token);
    const expired = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");
    setReferenced(
      addTimer(() => AbortSignal.raise(signal, expired()), milliseconds, false),
      false,
    );
    return signal;
  }
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const made = new AbortSignal(token);
    for (const signal of signals) {
      if (signal.aborted) {
        AbortSignal.raise(made, signal.reason);
        return made;
      }
      signal.addEventListener("abort", () => AbortSignal.raise(made, signal.reason), { once: true });
    }
    return made;
  }
}

export class AbortController {
  readonly signal = new AbortSignal(token);
  abort(reason?: unknown): void {
    AbortSignal.raise(this.signal, reason);
  }
}

define(globalThis, { Event, CustomEvent, EventTarget, AbortSignal, AbortController });
