/**
 * Job: a component's result as JSON text: the shapes of component/value.ts as they are, integers of 64 bits as integers,
 * bytes as an array of numbers.
 * Never: more text than a result may have.
 */
import type { ComponentValue } from "../../component/value.ts";
import { mostResultBytes, resultTooLarge } from "./guest-report.ts";
import { RunFailure } from "./verdict.ts";

/** @throws RunFailure for a number that JSON cannot hold, or too much */
export function resultJson(value: ComponentValue | undefined): string {
  return value === undefined ? "null" : new JsonWriter().text(value);
}

/** Pieces that are put together at a time: millions of them would fill the heap with an array of a few megabytes of text. */
const mostPieces = 8192;

/** Code units of a string that are written at a time. */
const sliceLength = 64 * 1024;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

class JsonWriter {
  readonly #parts: string[] = [];
  #pieces: string[] = [];
  #length = 0;

  text(value: ComponentValue): string {
    this.#value(value, "result");
    return [...this.#parts, ...this.#pieces].join("");
  }

  #write(piece: string): void {
    this.#length += piece.length;
    if (this.#length > mostResultBytes) throw new RunFailure(resultTooLarge);
    this.#pieces.push(piece);
    if (this.#pieces.length < mostPieces) return;
    this.#parts.push(this.#pieces.join(""));
    this.#pieces = [];
  }

  #value(value: unknown, where: string): void {
    switch (typeof value) {
      case "string":
        this.#string(value);
        return;
      case "boolean":
        this.#write(JSON.stringify(value));
        return;
      case "bigint":
        this.#write(value.toString());
        return;
      case "number":
        if (!Number.isFinite(value)) throw unwritable(where, `the number ${value}`);
        this.#write(Object.is(value, -0) ? "-0.0" : String(value));
        return;
      case "object":
        if (value === null) {
          this.#write("null");
          return;
        }
        if (value instanceof Uint8Array) {
          this.#bytes(value);
          return;
        }
        if (Array.isArray(value)) {
          this.#array(value, where);
          return;
        }
        if (isPlain(value)) {
          this.#record(value, where);
          return;
        }
        throw unwritable(where, "a resource");
      default:
        throw unwritable(where, `a ${typeof value}`);
    }
  }

  /** In slices: what is escaped is six times as long, and one large allocation in a full heap ends the process. */
  #string(text: string): void {
    this.#write('"');
    for (let from = 0; from < text.length; ) {
      let to = Math.min(from + sliceLength, text.length);
      // Half of a pair would be escaped.
      if (to < text.length && isLowSurrogate(text.charCodeAt(to))) to--;
      this.#write(JSON.stringify(text.slice(from, to)).slice(1, -1));
      from = to;
    }
    this.#write('"');
  }

  #bytes(bytes: Uint8Array): void {
    // "255," is the most that one takes, "0," the least.
    if (2 * bytes.length > mostResultBytes) throw new RunFailure(resultTooLarge);
    this.#write(`[${bytes.join(",")}]`);
  }

  #array(values: readonly unknown[], where: string): void {
    this.#write("[");
    values.forEach((value, index) => {
      if (index > 0) this.#write(",");
      this.#value(value, `${where}[${index}]`);
    });
    this.#write("]");
  }

  #record(record: Readonly<Record<string, unknown>>, where: string): void {
    this.#write("{");
    Object.entries(record).forEach(([name, value], index) => {
      this.#write(`${index > 0 ? "," : ""}${JSON.stringify(name)}:`);
      this.#value(value, `${where}.${name}`);
    });
    this.#write("}");
  }
}

/** Records, variants and their like; what stands behind a handle has a class. */
function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function unwritable(where: string, what: string): RunFailure {
  const message = `${where} is ${what}, which JSON cannot hold`;
  return new RunFailure({ kind: "raised", type: "ValueError", message, outOfMemory: false });
}
