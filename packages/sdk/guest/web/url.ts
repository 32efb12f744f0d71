/** Job: what the url extension leaves out of URL: `searchParams`, tied to the URL both ways, and the static methods. Never: parse a URL. */
import { define } from "./define.ts";

const lists = new WeakMap<URL, URLSearchParams>();
const owners = new WeakMap<URLSearchParams, URL>();
const mutators = ["append", "delete", "set", "sort"] as const;

if (!("searchParams" in URL.prototype))
  Object.defineProperty(URL.prototype, "searchParams", {
    configurable: true,
    enumerable: true,
    get(this: URL) {
      let list = lists.get(this);
      if (list === undefined) {
        list = new URLSearchParams(this.search);
        lists.set(this, list);
        owners.set(list, this);
      }
      return list;
    },
  });

/** Sets `search` where the list has changed, without making the list read it back. */
let writing = false;
for (const name of mutators) {
  const original = URLSearchParams.prototype[name] as (this: URLSearchParams, ...args: unknown[]) => unknown;
  if (typeof original !== "function") continue;
  define(URLSearchParams.prototype, {
    [name](this: URLSearchParams, ...args: unknown[]) {
      const result = original.apply(this, args);
      const owner = owners.get(this);
      if (owner !== undefined) {
        writing = true;
        owner.search = this.toString();
        writing = false;
      }
      return result;
    },
  });
}

/** A list that a program holds goes on to be the URL's list when the URL changes. */
for (const name of ["search", "href"] as const) {
  const found = Object.getOwnPropertyDescriptor(URL.prototype, name);
  if (!found?.set) continue;
  Object.defineProperty(URL.prototype, name, {
    ...found,
    set(this: URL, value: string) {
      found.set!.call(this, value);
      const list = writing ? undefined : lists.get(this);
      if (list === undefined) return;
      owners.delete(list);
      for (const key of [...list.keys()]) list.delete(key);
      for (const [key, item] of new URLSearchParams(this.search)) list.append(key, item);
      owners.set(list, this);
    },
  });
}

if (!("size" in URLSearchParams.prototype))
  Object.defineProperty(URLSearchParams.prototype, "size", {
    configurable: true,
    enumerable: true,
    get(this: URLSearchParams) {
      return [...this.keys()].length;
    },
  });

const parsed = (url: string, base?: string) => {
  try {
    return base === undefined ? new URL(url) : new URL(url, base);
  } catch {
    return null;
  }
};
const statics = URL as unknown as Record<string, unknown>;
if (!statics["canParse"]) define(URL, { canParse: (url: string, base?: string) => parsed(url, base) !== null });
if (!statics["parse"]) define(URL, { parse: parsed });
