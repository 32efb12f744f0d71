/** Job: what QuickJS and its extensions put on the global object, and types of packages that have none. Never: what we put there. */
declare const crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
  readonly subtle: { digest(name: string, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> };
};
declare const performance: { now(): number; readonly timeOrigin: number };
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare class URLSearchParams {
  constructor(init?: unknown);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  set(name: string, value: string): void;
  sort(): void;
  keys(): IterableIterator<string>;
  toString(): string;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare class URL {
  constructor(url: string, base?: string);
  href: string;
  search: string;
  hash: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  protocol: string;
  username: string;
  password: string;
  readonly origin: string;
  toString(): string;
  static parse(url: string, base?: string): URL | null;
}
declare class Headers {
  constructor(init?: unknown);
  append(name: string, value: string): void;
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
}
declare class DOMException extends Error {
  constructor(message?: string, name?: string);
}
declare module "path-browserify";
declare module "events";
declare module "buffer";
declare module "readable-stream";
declare module "string_decoder";
