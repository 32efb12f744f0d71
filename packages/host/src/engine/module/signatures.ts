/**
 * Job: the types of a module's exported functions, read from its binary. The JavaScript API does not tell them, and a number
 * can only be passed by who knows whether an i64 is wanted.
 * Never: validate: V8 has accepted the module before. See the binary format, https://webassembly.github.io/spec/core/binary/.
 */

import { eachSection, type NumberType, type Reader } from "../reader.ts";

export type { NumberType };

export interface Signature {
  /** Null for a type that is no number (a reference, a vector). */
  readonly parameters: readonly (NumberType | null)[];
  readonly results: readonly (NumberType | null)[];
}

const kinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** Export name → signature, for every exported function. */
export function exportedSignatures(bytes: Uint8Array): ReadonlyMap<string, Signature> {
  const types: (Signature | null)[] = [];
  /** Type index of each function, imports first. */
  const functions: number[] = [];
  const exported = new Map<string, Signature>();
  eachSection(bytes, (id, section) => {
    if (id === 1) readTypes(section, types);
    else if (id === 2) readImports(section, functions);
    else if (id === 3) for (let count = section.u32(); count > 0; count--) functions.push(section.u32());
    else if (id === 7) {
      for (let count = section.u32(); count > 0; count--) {
        const name = section.name();
        const kind = section.byte();
        const signature = types[functions[section.u32()] ?? -1];
        if (kind === kinds.function && signature) exported.set(name, signature);
      }
    }
  });
  return exported;
}

function readTypes(section: Reader, types: (Signature | null)[]): void {
  for (let groups = section.u32(); groups > 0; groups--) {
    // A recursive group holds several types, anything else is one.
    const isGroup = section.peek() === 0x4e;
    if (isGroup) section.byte();
    for (let count = isGroup ? section.u32() : 1; count > 0; count--) {
      let form = section.byte();
      if (form === 0x50 || form === 0x4f) {
        for (let supertypes = section.u32(); supertypes > 0; supertypes--) section.u32();
        form = section.byte();
      }
      if (form === 0x60) types.push({ parameters: section.types(), results: section.types() });
      else {
        for (let fields = form === 0x5f ? section.u32() : 1; fields > 0; fields--) {
          section.type();
          section.byte();
        }
        types.push(null);
      }
    }
  }
}

function readImports(section: Reader, functions: number[]): void {
  for (let count = section.u32(); count > 0; count--) {
    section.name();
    section.name();
    switch (section.byte()) {
      case kinds.function:
        functions.push(section.u32());
        break;
      case kinds.table:
        section.type();
        section.limits();
        break;
      case kinds.memory:
        section.limits();
        break;
      case kinds.global:
        section.type();
        section.byte();
        break;
      case kinds.tag:
        section.byte();
        section.u32();
    }
  }
}
