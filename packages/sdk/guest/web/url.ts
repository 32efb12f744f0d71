/**
 * Job: URLSearchParams (URL standard, sections 5 and 6), tied to its URL both ways, and what the url extension leaves out of URL.
 * Never: parse a URL.
 */
import { define } from "./define.ts";

type Pair = [name: string, value: string];
type Init = string | Iterable<Iterable<string>> | Readonly<Record<string, string>> | null | undefined;
type Inspect = (value: unknown, options: object) => string;
const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

/** application/x-www-form-urlencoded: percent-encodes what is not in its set; a space is a plus sign. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A percent sign that encodes nothing stays; bytes that are no UTF-8 become U+FFFD.
    const bytes: number[] = [];
    const given = new TextEncoder().encode(spaced);
    for (let at = 0; at < given.length; at++) {
      const hex = given[at] === 0x25 ? String.fromCharCode(given[at + 1] ?? 0, given[at + 2] ?? 0) : "";
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        bytes.push(Number.parseInt(hex, 16));
        at += 2;
      } else bytes.push(given[at]!);
    }
    return new TextDecoder().decode(new Uint8Array(bytes));
  }
}

const parsePairs = (text: string): Pair[] =>
  text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [decode(part), ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });

export class SearchParams {
  #pairs: Pair[] = [];
  #url: URL | null = null;

  constructor(init?: Init) {
    if (init === null || init === undefined) return;
    if (typeof init !== "object" && typeof init !== "function") {
      const text = `${init as string}`;
      this.#pairs = parsePairs(text.startsWith("?") ? text.slice(1) : text);
    } else if (Symbol.iterator in init) {
      for (const entry of init) {
        const pair = [...entry];
        if (pair.length !== 2)
          throw Object.assign(new TypeError("Each query pair must be an iterable [name, value] tuple"), {
            code: "ERR_INVALID_TUPLE",
          });
        this.#pairs.push([`${pair[0]}`, `${pair[1]}`]);
      }
    } else this.#pairs = Object.entries(init).map(([name, value]) => [name, `${value}`]);
  }

  /** The list of a URL: what is written to it is written to the URL. */
  static of(url: URL): SearchParams {
    const made = new SearchParams(url.search);
    made.#url = url;
    return made;
  }
  /** Reads the list anew after the URL has changed. */
  static refresh(list: SearchParams, search: string): void {
    list.#pairs = parsePairs(search.slice(1));
  }
  #changed(): void {
    if (this.#url === null) return;
    const text = this.toString();
    setSearch.call(this.#url, text === "" ? "" : `?${text}`);
  }

  get size(): number {
    return this.#pairs.length;
  }
  append(name: string, value: string): void {
    this.#pairs.push([`${name}`, `${value}`]);
    this.#changed();
  }
  delete(name: string, value?: string): void {
    this.#pairs = this.#pairs.filter(
      ([key, item]) => !(key === `${name}` && (value === undefined || item === `${value}`)),
    );
    this.#changed();
  }
  get(name: string): string | null {
    return this.#pairs.find(([key]) => key === `${name}`)?.[1] ?? null;
  }
  getAll(name: string): string[] {
    return this.#pairs.filter(([key]) => key === `${name}`).map(([, value]) => value);
  }
  has(name: string, value?: string): boolean {
    return this.#pairs.some(([key, item]) => key === `${name}` && (value === undefined || item === `${value}`));
  }
  set(name: string, value: string): void {
    const at = this.#pairs.findIndex(([key]) => key === `${name}`);
    if (at < 0) this.#pairs.push([`${name}`, `${value}`]);
    else {
      this.#pairs = this.#pairs.filter(([key], index) => index <= at || key !== `${name}`);
      this.#pairs[at] = [`${name}`, `${value}`];
    }
    this.#changed();
  }
  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  forEach(callback: (value: string, name: string, list: SearchParams) => void, self?: unknown): void {
    for (const [name, value] of this.#pairs) callback.call(self, value, name, this);
  }
  *entries(): Generator<Pair> {
    // By index: what is added while it is read is read too.
    for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]!];
  }
  *keys(): Generator<string> {
    for (const [name] of this.entries()) yield name;
  }
  *values(): Generator<string> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): Generator<Pair> {
    return this.entries();
  }
  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  }
  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }
  [inspectCustom](_depth: number, options: object, inspect: Inspect): string {
    if (this.#pairs.length === 0) return "URLSearchParams {}";
    const pairs = this.#pairs.map(([name, value]) => `${inspect(name, options)} => ${inspect(value, options)}`);
    return `URLSearchParams { ${pairs.join(", ")} }`;
  }
}
Object.defineProperty(SearchParams, "name", { value: "URLSearchParams" });

const native = URL;
const prototype = native.prototype as URL & Record<string | symbol, unknown>;
const setterOf = (name: string) => Object.getOwnPropertyDescriptor(prototype, name)!.set!;
const setSearch = setterOf("search");
const lists = new WeakMap<URL, SearchParams>();

Object.defineProperty(prototype, "searchParams", {
  configurable: true,
  enumerable: true,
  get(this: URL) {
    let list = lists.get(this);
    if (list === undefined) {
      list = SearchParams.of(this);
      lists.set(this, list);
    }
    return list;
  },
});

/** A list that a program holds goes on to be the URL's list when the URL changes. */
for (const name of ["search", "href"]) {
  const set = setterOf(name);
  Object.defineProperty(prototype, name, {
    ...Object.getOwnPropertyDescriptor(prototype, name),
    set(this: URL, value: string) {
      set.call(this, value);
      const list = lists.get(this);
      if (list !== undefined) SearchParams.refresh(list, this.search);
    },
  });
}

define(prototype, {
  [inspectCustom](this: URL, depth: number, options: object, inspect: Inspect) {
    if (depth < 0) return "[URL]";
    const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = this;
    const { searchParams } = this as unknown as { searchParams: SearchParams };
    const parts = {
      href,
      origin,
      protocol,
      username,
      password,
      host,
      hostname,
      port,
      pathname,
      search,
      searchParams,
      hash,
    };
    return `URL ${inspect(parts, options)}`;
  },
});

/** The same constructor, with errors as Node's. */
const wrapped = new Proxy(native, {
  construct(target, args: unknown[], newTarget) {
    if (args.length === 0)
      throw Object.assign(new TypeError('The "url" argument must be specified'), { code: "ERR_MISSING_ARGS" });
    const texts = args
      .slice(0, 2)
      .flatMap((value, index) => (index === 1 && value === undefined ? [] : [`${value as string}`]));
    try {
      return Reflect.construct(target, texts, newTarget) as object;
    } catch {
      const [input, base] = texts;
      throw Object.assign(new TypeError("Invalid URL"), {
        code: "ERR_INVALID_URL",
        input,
        ...(base === undefined ? {} : { base }),
      });
    }
  },
});
define(prototype, { constructor: wrapped });

const parsed = (url: string, base?: string): URL | null => {
  try {
    return new wrapped(url, base);
  } catch {
    return null;
  }
};
define(native, { canParse: (url: string, base?: string) => parsed(url, base) !== null, parse: parsed });
define(globalThis, { URL: wrapped, URLSearchParams: SearchParams });
