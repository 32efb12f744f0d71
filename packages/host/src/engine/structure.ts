/**
 * Job: hold the numbers of a module's structure against what a worker's own heap can take.
 * Never: judge code (the instrumenter does) or linear memory (the policy does).
 *
 * Why: linear memory has its limit, but tables, exports and exceptions live in V8's heap. That heap has a limit too, and V8
 * ends a thread that reaches it little by little. A single large allocation in a nearly full heap is another matter: it
 * ends the process. A guest that can throw can fill the heap with exceptions, and `table.grow` allocates as much as it
 * likes (both seen: 60,000 exceptions, then one growth by 800,000 elements). So tables stay as they are in a module that
 * can throw, and grow within bounds in others.
 */
import { CapsuleError } from "../errors.ts";
import { eachSection, type Reader } from "./reader.ts";

/** Elements of all tables together, and of all passive segments: V8 makes an array of one when it is first used. */
export const mostElements = 1_000_000;

/** Elements of passive segments in a module that can throw: an array of them is no large allocation. */
const mostBesideExceptions = 10_000;

/** Section id → what it counts, and how many there may be. */
const limits: ReadonlyMap<number, readonly [what: string, most: number]> = new Map([
  [1, ["types", 100_000]],
  [2, ["imports", 1_000]],
  [3, ["functions", 250_000]],
  [4, ["tables", 1_000]],
  [5, ["memories", 100]],
  [6, ["globals", 100_000]],
  [7, ["exports", 100_000]],
  [9, ["element segments", 100_000]],
  [13, ["tags", 1_000]],
]);

export interface Structure {
  /** The module declares a tag, so that it can make exceptions. */
  readonly canThrow: boolean;
  /** Of its tables together, at the start. */
  readonly elements: number;
  /** What the tables may grow to, all together. */
  readonly maxTable: number;
}

/**
 * @param bytes a module that V8 has validated
 * @throws CapsuleError `build_error`
 */
export function checkStructure(bytes: Uint8Array, name: string): Structure {
  let canThrow = false;
  let elements = 0;
  let passive = 0;
  eachSection(bytes, (id, section) => {
    const [what, most] = limits.get(id) ?? [];
    if (what === undefined || most === undefined) return;
    const count = section.u32();
    if (count > most)
      throw new CapsuleError("build_error", `${name} has ${count} ${what}; at most ${most} are run here`);
    if (id === 13) canThrow = count > 0;
    if (id === 4) for (let table = 0; table < count; table++) elements += tableMinimum(section);
    if (id === 9) for (let segment = 0; segment < count; segment++) passive += section.elementSegment();
  });
  const mostPassive = canThrow ? mostBesideExceptions : mostElements;
  if (passive > mostPassive) {
    throw new CapsuleError(
      "build_error",
      `${name} has passive element segments of ${passive} elements together; at most ${mostPassive} are run here`,
    );
  }
  if (elements > mostElements) {
    throw new CapsuleError(
      "build_error",
      `${name} has tables of ${elements} elements together; at most ${mostElements} are run here`,
    );
  }
  return { canThrow, elements, maxTable: canThrow ? elements : mostElements };
}

/** (table type) or 0x40 0x00 (table type) (expression): an initial value, which is a reference. */
function tableMinimum(section: Reader): number {
  const hasValue = section.peek() === 0x40;
  if (hasValue) {
    section.byte();
    section.byte();
  }
  section.type();
  const minimum = section.limits();
  if (hasValue) section.constantExpression();
  return minimum;
}
