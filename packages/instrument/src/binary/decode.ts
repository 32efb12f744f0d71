/**
 * Job: cut a span of code into operators: opcode, position and the immediates that analysis asks for, in flat arrays
 * that are used again for the next function.
 * Never: follow control flow; check types (the engine did). Bounds are checked here.
 */
import { InstrumentError } from "../errors.ts";
import { Feature, Immediate, Op, opcodeCount, opcodes, prefixPages, threadsPrefix } from "./opcodes.ts";

/** Which features the caller admits, by {@link Feature}. */
export type Admitted = readonly boolean[];

/** A catch clause of `try_table`. */
export interface CatchClause {
  readonly label: number;
}

export class Operators {
  count = 0;
  opcode = new Uint16Array(1024);
  /** Position in the input; `position[count]` is the end of the span. */
  position = new Uint32Array(1025);
  /** The first two immediates: an index, a label, a constant, a block type (−64 is the empty one). */
  first = new Int32Array(1024);
  second = new Int32Array(1024);
  /** Of `br_table`: labels with the default last; of `try_table`: labels of its clauses. By operator index. */
  readonly labels = new Map<number, readonly number[]>();

  grow(): void {
    const size = this.opcode.length * 2;
    const copy = <T extends Uint16Array | Uint32Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.opcode = copy(this.opcode, new Uint16Array(size));
    this.position = copy(this.position, new Uint32Array(size + 1));
    this.first = copy(this.first, new Int32Array(size));
    this.second = copy(this.second, new Int32Array(size));
  }
}

/** Which operators have a short form, and which. The numbers of `signed` and `memarg` are how long it is. */
const Short = { no: 0, signed: 1, memarg: 2, unsigned: 3, none: 4 } as const;
const short = shortForms();

function shortForms(): Uint8Array {
  const forms = new Uint8Array(0x100);
  for (let opcode = 0; opcode < forms.length; opcode++) {
    if (opcodes.name[opcode] === undefined) continue;
    switch (opcodes.immediates[opcode]) {
      case 0:
        forms[opcode] = Short.none;
        break;
      case Immediate.u32:
      case Immediate.global:
      case Immediate.label:
        forms[opcode] = Short.unsigned;
        break;
      case Immediate.s33:
        forms[opcode] = Short.signed;
        break;
      case Immediate.memarg:
        forms[opcode] = Short.memarg;
        break;
    }
  }
  return forms;
}

const fail = (message: string, at: number): never => {
  throw new InstrumentError("malformed", message, at);
};
const cut = (at: number): never => fail("the code ends inside an operator", at);
/** An integer with too many bytes, or one that the end of the code cuts off. */
const tooLong = (position: number, end: number): never =>
  position > end ? cut(end) : fail("integer is too long", position);

/**
 * Decodes from `start`. With `end` known (a function body) everything up to it; a constant expression instead stops
 * after its own `end` (`constant`). Returns the position after the last operator.
 */
export function decode(
  bytes: Uint8Array,
  start: number,
  end: number,
  admitted: Admitted,
  into: Operators,
  constant = false,
): number {
  let position = start;
  let count = 0;
  let depth = 0;
  into.labels.clear();

  const u32 = (): number => {
    let byte = bytes[position++]!;
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[position++]!;
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return tooLong(position, end);
  };
  const s33 = (): number => {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[position++]!;
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte & 0x40 ? result - 2 ** (shift + 7) : result;
    }
    return tooLong(position, end);
  };
  /** Held to 32 bits: who needs a larger constant reads it from the input. */
  const s64 = (): number => {
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[position++]!;
      result += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if (byte & 0x40) result -= 2 ** (shift + 7);
      return Math.max(-0x80000000, Math.min(0x7fffffff, result));
    }
    return tooLong(position, end);
  };
  const skipLeb = (): void => {
    for (let i = 0; i < 10; i++) if (bytes[position++]! < 0x80) return;
    tooLong(position, end);
  };
  const skipHeapOrValueType = (): void => {
    const type = s33();
    if (type === -29 || type === -28) s33();
  };

  while (position < end) {
    if (count === into.opcode.length) into.grow();
    const at = position;
    let opcode = bytes[position++]!;
    // Nearly all operators are one byte and at most one small number long: they pass here.
    const form = short[opcode]!;
    if (form !== Short.no) {
      const byte = bytes[position]!;
      let value = -1;
      if (form === Short.none) value = 0;
      else if (form === Short.unsigned) {
        if (byte < 0x80) {
          value = byte;
          position++;
        }
      } else if (byte < 0x40 && (form === Short.signed || bytes[position + 1]! < 0x80)) {
        value = form === Short.signed ? byte : 0;
        position += form;
      }
      if (value >= 0) {
        if (position > end) cut(at);
        into.opcode[count] = opcode;
        into.position[count] = at;
        into.first[count] = value;
        into.second[count] = 0;
        count++;
        if (opcode !== Op.end || !constant || depth-- !== 0) continue;
        into.count = count;
        into.position[count] = position;
        return position;
      }
    }
    if (opcode >= 0xfb) {
      const page = prefixPages[opcode];
      const number = u32();
      if (opcode === threadsPrefix)
        throw new InstrumentError(
          "unsupported",
          `operator 0xfe 0x${number.toString(16)} belongs to threads, which are not supported: build without -pthread`,
          at,
        );
      opcode = page === undefined || number >= (opcode === 0xfd ? 0x200 : 0x100) ? opcodeCount : page + number;
    }
    if (opcodes.name[opcode] === undefined)
      throw new InstrumentError(
        "unsupported",
        `opcode 0x${bytes[at]!.toString(16)}${prefixPages[bytes[at]!] ? ` 0x${bytes[at + 1]?.toString(16)}` : ""} is not known to this version`,
        at,
      );
    const feature = opcodes.feature[opcode]!;
    if (feature !== Feature.none && admitted[feature] !== true)
      throw new InstrumentError(
        "unsupported",
        feature === Feature.relaxedSimd
          ? `${opcodes.name[opcode]} is relaxed SIMD, whose results differ between machines: admit it with features.relaxedSimd`
          : `${opcodes.name[opcode]} allocates garbage-collected memory, which no limit of a worker thread stops: admit it with features.gc`,
        at,
      );
    let first = 0;
    let second = 0;
    let slot = 0;
    for (let rest = opcodes.immediates[opcode]!; rest !== 0; rest >>>= 4) {
      let value = 0;
      switch (rest & 15) {
        case Immediate.u32:
        case Immediate.global:
        case Immediate.label:
          value = u32();
          break;
        case Immediate.s33:
          value = s33();
          break;
        case Immediate.s64:
          value = s64();
          break;
        case Immediate.memarg: {
          const alignment = u32();
          if (alignment & 0x40) value = u32();
          skipLeb();
          break;
        }
        case Immediate.byte:
          value = bytes[position++]!;
          break;
        case Immediate.bytes4:
          position += 4;
          break;
        case Immediate.bytes8:
          position += 8;
          break;
        case Immediate.bytes16:
          position += 16;
          break;
        case Immediate.blockType:
          value = s33();
          if (value === -29 || value === -28) {
            s33();
            value = -1;
          }
          break;
        case Immediate.labels: {
          const length = u32();
          if (length > end - position) cut(at);
          const labels: number[] = [];
          for (let i = 0; i <= length; i++) labels.push(u32());
          into.labels.set(count, labels);
          break;
        }
        case Immediate.catches: {
          const length = u32();
          if (length > end - position) cut(at);
          const labels: number[] = [];
          for (let i = 0; i < length; i++) {
            const kind = bytes[position++]!;
            if (kind < 2) u32();
            labels.push(u32());
          }
          into.labels.set(count, labels);
          break;
        }
        case Immediate.valueTypes: {
          const length = u32();
          if (length > end - position) cut(at);
          for (let i = 0; i < length; i++) skipHeapOrValueType();
          break;
        }
      }
      if (slot === 0) first = value;
      else if (slot === 1) second = value;
      slot++;
    }
    if (position > end) cut(at);
    into.opcode[count] = opcode;
    into.position[count] = at;
    into.first[count] = first;
    into.second[count] = second;
    count++;
    // Block-like operators are not constant; the engine refuses them, so that counting `end` is enough.
    if (constant && (opcode === Op.block || opcode === Op.loop || opcode === Op.if)) depth++;
  }
  if (constant || position !== end) cut(position);
  into.count = count;
  into.position[count] = end;
  return position;
}
