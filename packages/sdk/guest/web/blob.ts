/** Job: Blob, File and FormData (File API; XMLHttpRequest standard), held in memory. Never: files of the sandbox. */
import { define } from "./define.ts";
import { ReadableStream } from "./streams.ts";

type Part = string | ArrayBuffer | ArrayBufferView | Blob;

const encoder = new TextEncoder();

export function bytesOf(part: Part | unknown): Uint8Array {
  if (part instanceof Blob) return Blob.bytes(part);
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
  return encoder.encode(`${part}`);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export class Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  constructor(parts: Iterable<Part> = [], { type = "" }: { type?: string } = {}) {
    this.#bytes = concat([...parts].map(bytesOf));
    this.type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
  }
  static bytes(blob: Blob): Uint8Array<ArrayBuffer> {
    return blob.#bytes;
  }
  get size(): number {
    return this.#bytes.length;
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
  slice(start = 0, end = this.size, type = ""): Blob {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }
  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    return new ReadableStream<Uint8Array>({
      start(controller) {
        if (bytes.length > 0) controller.enqueue(bytes.slice());
        controller.close();
      },
    });
  }
  get [Symbol.toStringTag](): string {
    return "Blob";
  }
}

export class File extends Blob {
  readonly name: string;
  readonly lastModified: number;
  constructor(parts: Iterable<Part>, name: string, options: { type?: string; lastModified?: number } = {}) {
    super(parts, options);
    this.name = `${name}`;
    this.lastModified = options.lastModified ?? Date.now();
  }
  override get [Symbol.toStringTag](): string {
    return "File";
  }
}

type Field = string | File;

export class FormData {
  #fields: [string, Field][] = [];
  static #value(value: unknown, name?: string): Field {
    if (!(value instanceof Blob)) return `${value}`;
    if (value instanceof File && name === undefined) return value;
    return new File([value], name ?? (value instanceof File ? value.name : "blob"), { type: value.type });
  }
  append(name: string, value: unknown, file?: string): void {
    this.#fields.push([`${name}`, FormData.#value(value, file)]);
  }
  set(name: string, value: unknown, file?: string): void {
    const at = this.#fields.findIndex(([key]) => key === name);
    const field: [string, Field] = [`${name}`, FormData.#value(value, file)];
    if (at < 0) this.#fields.push(field);
    else this.#fields = this.#fields.flatMap((old, index) => (index === at ? [field] : old[0] === name ? [] : [old]));
  }
  get(name: string): Field | null {
    return this.#fields.find(([key]) => key === name)?.[1] ?? null;
  }
  getAll(name: string): Field[] {
    return this.#fields.filter(([key]) => key === name).map(([, value]) => value);
  }
  has(name: string): boolean {
    return this.#fields.some(([key]) => key === name);
  }
  delete(name: string): void {
    this.#fields = this.#fields.filter(([key]) => key !== name);
  }
  forEach(callback: (value: Field, key: string, form: FormData) => void): void {
    for (const [key, value] of this.#fields) callback(value, key, this);
  }
  *entries(): Generator<[string, Field]> {
    for (const [key, value] of this.#fields) yield [key, value];
  }
  *keys(): Generator<string> {
    for (const [key] of this.#fields) yield key;
  }
  *values(): Generator<Field> {
    for (const [, value] of this.#fields) yield value;
  }
  [Symbol.iterator](): Generator<[string, Field]> {
    return this.entries();
  }
  get [Symbol.toStringTag](): string {
    return "FormData";
  }
}

define(globalThis, { Blob, File, FormData });
