/** Job: 400 random types and values, laid out as the specification's reference implementation lays them out. Never: call a guest. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Encoding } from "../../packages/host/src/component/abi/context.ts";
import { coreText, guest, typeOf, valueFrom, type WrittenType } from "./abi-support.ts";

interface Vector {
  readonly type: WrittenType;
  readonly encoding: Encoding;
  readonly value: unknown;
  readonly size: number;
  readonly alignment: number;
  /** The bytes of the value, and those that realloc was asked for. */
  readonly stored: string;
  readonly allocated: string;
  /** Null: more than 16 core values. */
  readonly flat: readonly string[] | null;
  readonly lowered: readonly string[];
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL("vectors/abi.json", import.meta.url), "utf8"));

/** Types, in a line. */
const text = ({ type }: Vector) =>
  JSON.stringify(type)
    .replaceAll(/"kind":|["\s]/g, "")
    .slice(0, 100);

describe("the canonical ABI, as definitions.py has it", () => {
  test.each(vectors.map((vector, index) => [index, text(vector), vector] as const))("%i %s", (_, __, vector) => {
    const { context, store, state, bytes } = guest(vector.encoding);
    const type = typeOf(vector.type, store.types);
    const value = valueFrom(vector.type, vector.value);
    const codec = store.codecs.of(type);

    const { size, alignment, flat } = type.layout;
    expect({ size, alignment, flat }).toEqual({ size: vector.size, alignment: vector.alignment, flat: vector.flat });

    codec.store(context, value, 4096);
    expect(hex(bytes.subarray(4096, 4096 + size))).toBe(vector.stored);
    expect(hex(bytes.subarray(8192, state.next))).toBe(vector.allocated);
    expect(codec.load(context, 4096)).toEqual(value);

    if (!flat) return;
    state.next = 8192;
    const lowered: (number | bigint)[] = [];
    codec.lower(context, value, lowered);
    expect(lowered.map((each, index) => coreText(each, flat[index]!))).toEqual(vector.lowered);
    expect(codec.lift(context, lowered, 0)).toEqual(value);
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
