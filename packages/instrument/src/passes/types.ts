/**
 * Job: collect the types that metering adds behind the module's own, each once.
 * Never: change a type that is there.
 *
 * Before:  (type (func (param i32) (result i32)))
 * After:   the same, (type (func (param i32 i64) (result i32 i64))) for a threaded function, and (type (func)) for padding
 */
import type { Module } from "../binary/module.ts";
import type { FunctionType, Span } from "../binary/types.ts";
import { Writer } from "../binary/writer.ts";
import { InstrumentError } from "../errors.ts";

const i64 = 0x7e;
const maximumTypes = 1_000_000;

export class AddedTypes {
  readonly #module: Module;
  readonly #out = new Writer(64);
  readonly #threaded = new Map<number, number>();
  #count = 0;
  #empty = -1;

  constructor(module: Module) {
    this.#module = module;
  }

  get count(): number {
    return this.#count;
  }

  get written(): Uint8Array {
    return this.#out.written;
  }

  /** The type like the one at `index`, with an i64 more at the end of its parameters and of its results. */
  threaded(index: number, type: FunctionType): number {
    let found = this.#threaded.get(index);
    if (found === undefined) {
      this.#out.byte(0x60);
      this.#valueTypes(type.params, type.paramTypes, true);
      this.#valueTypes(type.results, type.resultTypes, true);
      found = this.#next();
      this.#threaded.set(index, found);
    }
    return found;
  }

  /** [] → the results of `type`. */
  resultsOf(type: FunctionType): number {
    this.#out.bytes([0x60, 0]);
    this.#valueTypes(type.results, type.resultTypes, false);
    return this.#next();
  }

  /** [] → [] */
  empty(): number {
    if (this.#empty >= 0) return this.#empty;
    this.#empty = this.#module.types.findIndex((type) => type.kind === "function" && type.params + type.results === 0);
    if (this.#empty < 0) {
      this.#out.bytes([0x60, 0, 0]);
      this.#empty = this.#next();
    }
    return this.#empty;
  }

  #valueTypes(count: number, span: Span, withFuel: boolean): void {
    this.#out.unsigned(count + (withFuel ? 1 : 0));
    this.#out.range(this.#module.bytes, span.start, span.end);
    if (withFuel) this.#out.byte(i64);
  }

  #next(): number {
    const index = this.#module.types.length + this.#count++;
    if (index >= maximumTypes)
      throw new InstrumentError("limit", `metering needs more than the ${maximumTypes} types that engines allow`);
    return index;
  }
}
