/** Job: read the declarations of locals at the head of a function body. Never: read its code. */
import { Reader } from "./reader.ts";
import { skipValueType } from "./types.ts";

export interface LocalDeclarations {
  readonly groups: number;
  /** The declarations without their count. */
  readonly start: number;
  readonly end: number;
  /** Locals declared, the parameters not counted. */
  readonly declared: number;
}

export function readLocals(bytes: Uint8Array, start: number, end: number): LocalDeclarations {
  const reader = new Reader(bytes, start, end);
  const groups = reader.count("local declarations", 2);
  const at = reader.position;
  let declared = 0;
  for (let i = 0; i < groups; i++) {
    declared += reader.u32();
    skipValueType(reader);
  }
  return { groups, start: at, end: reader.position, declared };
}
