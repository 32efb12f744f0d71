/** Job: the resource fields: header names and values, checked as they are set. Never: decide what is sent (net/headers.ts does, on the way out). */
import { trap } from "../../../component/errors.ts";
import { err, ok, type Result } from "../context.ts";
import type { Held } from "../held.ts";
import type { HttpHeaders } from "../services.ts";

type Entry = readonly [name: string, value: Uint8Array];

/** Of one object; the client sends 32 KiB and takes 64 KiB. */
const mostBytes = 128 * 1024;
const mostEntries = 1024;

/** Of a connection, of routing or of a proxy: the host's to set. As Wasmtime has it. */
const forbidden: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** RFC 9110 §5.1: a token. */
const isName = (name: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name);
/** RFC 9110 §5.5: no control characters; bytes above ASCII are let through. */
const isValue = (value: string) => /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value);

const wrong = (reason: "invalid-syntax" | "forbidden" | "immutable"): Result => err({ tag: reason });

export class Fields {
  readonly #held: Held;
  readonly mutable: boolean;
  #entries: readonly (readonly [name: string, value: string])[] = [];
  #bytes = 0;

  /** `entries`: with names in lower case, checked already. */
  constructor(held: Held, entries: HttpHeaders = [], mutable = true) {
    this.#held = held;
    this.mutable = mutable;
    this.#replace(entries);
  }

  static fromList(held: Held, list: readonly Entry[]): Result {
    if (list.length > mostEntries) trap(`more than ${mostEntries} header fields`);
    const entries: [string, string][] = [];
    for (const [name, bytes] of list) {
      const value = latin1(bytes);
      if (!isName(name) || !isValue(value)) return wrong("invalid-syntax");
      if (forbidden.has(name.toLowerCase())) return wrong("forbidden");
      entries.push([name.toLowerCase(), value]);
    }
    return ok(new Fields(held, entries));
  }

  /** Whether one object can have them. */
  static fits(entries: HttpHeaders): boolean {
    return bytesFor(entries) !== null;
  }

  #replace(entries: HttpHeaders): void {
    const bytes =
      bytesFor(entries) ?? trap(`header fields of more than ${mostBytes} bytes, or more than ${mostEntries} of them`);
    if (bytes > this.#bytes) this.#held.take(bytes - this.#bytes);
    else this.#held.give(this.#bytes - bytes);
    this.#bytes = bytes;
    this.#entries = entries;
  }

  /** Why `name` cannot be changed; null: it can. */
  #refusal(name: string): Result | null {
    if (!this.mutable) return wrong("immutable");
    if (!isName(name)) return wrong("invalid-syntax");
    return forbidden.has(name.toLowerCase()) ? wrong("forbidden") : null;
  }

  get list(): HttpHeaders {
    return this.#entries;
  }

  get(name: string): Uint8Array[] {
    const key = name.toLowerCase();
    return this.#entries.filter(([own]) => own === key).map(([, value]) => bytesOf(value));
  }

  has(name: string): boolean {
    const key = name.toLowerCase();
    return this.#entries.some(([own]) => own === key);
  }

  set(name: string, values: readonly Uint8Array[]): Result {
    const refusal = this.#refusal(name);
    if (refusal !== null) return refusal;
    if (values.length > mostEntries) trap(`more than ${mostEntries} values of one header field`);
    const key = name.toLowerCase();
    const added = values.map((value): [string, string] => [key, latin1(value)]);
    if (!added.every(([, value]) => isValue(value))) return wrong("invalid-syntax");
    this.#replace([...this.#entries.filter(([own]) => own !== key), ...added]);
    return ok();
  }

  append(name: string, bytes: Uint8Array): Result {
    const refusal = this.#refusal(name);
    if (refusal !== null) return refusal;
    const value = latin1(bytes);
    if (!isValue(value)) return wrong("invalid-syntax");
    this.#replace([...this.#entries, [name.toLowerCase(), value]]);
    return ok();
  }

  delete(name: string): Result {
    const refusal = this.#refusal(name);
    if (refusal !== null) return refusal;
    const key = name.toLowerCase();
    this.#replace(this.#entries.filter(([own]) => own !== key));
    return ok();
  }

  entries(): [string, Uint8Array][] {
    return this.#entries.map(([name, value]) => [name, bytesOf(value)]);
  }

  copy(mutable: boolean): Fields {
    return new Fields(this.#held, this.#entries, mutable);
  }

  drop(): void {
    this.#held.give(this.#bytes);
    this.#bytes = 0;
    this.#entries = [];
  }
}

/** As they are held; null: more than one object has. */
function bytesFor(entries: HttpHeaders): number | null {
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length + 64, 0);
  return entries.length <= mostEntries && bytes <= mostBytes ? bytes : null;
}
const bytesOf = (value: string) => new Uint8Array(Buffer.from(value, "latin1"));
