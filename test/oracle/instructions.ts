/** Job: decode an expression (a body or a constant expression) into an array and match its blocks. Never: execute. */
import type { Reader } from "./reader.ts";

export interface Instruction {
  /** The opcode byte, or `prefix << 12 | subopcode`. */
  readonly op: number;
  /** First and second immediate (index, lane, alignment…); 0 if there is none. */
  readonly a: number;
  readonly b: number;
  readonly x: Immediate | undefined;
  /** Of a block: the position of its `end` (or `delegate`). */
  end: number;
  /** Of an `if`: the position of its `else`, or of its `end`. Of `else` and `catch`: the `end`. */
  otherwise: number;
}
/** Immediates that are no small number. */
export type Immediate =
  | {
      readonly kind: "block";
      readonly type: string | number;
      readonly catches: readonly Catch[];
      readonly clauses: Clause[];
    }
  | { readonly kind: "value"; readonly value: bigint }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "labels"; readonly labels: readonly number[] }
  | { readonly kind: "memory"; readonly offset: bigint }
  | { readonly kind: "types"; readonly types: readonly string[] };
export interface Catch {
  /** 0 catch, 1 catch_ref, 2 catch_all, 3 catch_all_ref */
  readonly kind: number;
  readonly tag: number;
  readonly label: number;
}
/** A clause of a legacy `try`; `tag` is null for `catch_all`. */
export interface Clause {
  readonly tag: number | null;
  readonly at: number;
}

export function readInstructions(reader: Reader): Instruction[] {
  const out: Instruction[] = [];
  const open: number[] = [];
  for (;;) {
    const at = out.length;
    const instruction = read(reader);
    out.push(instruction);
    switch (instruction.op) {
      case 0x02: // block
      case 0x03: // loop
      case 0x04: // if
      case 0x06: // try
      case 0x1f: // try_table
        open.push(at);
        break;
      case 0x05: // else
        out[open.at(-1)!]!.otherwise = at;
        break;
      case 0x07: // catch
      case 0x19: {
        // catch_all
        const opener = out[open.at(-1)!]!.x;
        if (opener?.kind === "block") opener.clauses.push({ tag: instruction.op === 0x07 ? instruction.a : null, at });
        break;
      }
      case 0x18: // delegate
      case 0x0b: {
        // end
        const opener = open.pop();
        if (opener === undefined) return out;
        const block = out[opener]!;
        block.end = at;
        if (block.otherwise === 0) block.otherwise = at;
        else out[block.otherwise]!.end = at;
        if (block.x?.kind === "block") for (const clause of block.x.clauses) out[clause.at]!.end = at;
        break;
      }
    }
  }
}

function read(reader: Reader): Instruction {
  const first = reader.byte();
  const op = first >= 0xfb && first <= 0xfe ? (first << 12) | reader.u() : first;
  let a = 0;
  let b = 0;
  let x: Immediate | undefined;
  const memory = () => {
    const flags = reader.u();
    b = (flags & 0x40) === 0 ? 0 : reader.u();
    a = flags & 0x3f;
    x = { kind: "memory", offset: reader.u64() };
  };
  switch (op) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
      x = { kind: "block", type: blockType(reader), catches: [], clauses: [] };
      break;
    case 0x1f: {
      const type = blockType(reader);
      const catches = reader.vector(() => {
        const kind = reader.byte();
        return { kind, tag: kind < 2 ? reader.u() : 0, label: reader.u() };
      });
      x = { kind: "block", type, catches, clauses: [] };
      break;
    }
    case 0x0e: {
      const labels = reader.vector(() => reader.u());
      labels.push(reader.u());
      x = { kind: "labels", labels };
      break;
    }
    case 0x1c:
      x = { kind: "types", types: reader.vector(() => reader.valueType()) };
      break;
    case 0x41:
      a = reader.s32();
      break;
    case 0x42:
      x = { kind: "value", value: reader.s64() };
      break;
    case 0x43:
      a = reader.u32le();
      break;
    case 0x44: {
      const low = BigInt(reader.u32le() >>> 0);
      x = { kind: "value", value: BigInt.asIntN(64, low | (BigInt(reader.u32le()) << 32n)) };
      break;
    }
    case 0xd0:
      x = { kind: "types", types: [reader.heapType()] };
      break;
    case 0xfd00c:
    case 0xfd00d:
      x = { kind: "bytes", bytes: reader.bytes(16) };
      break;
    case 0xfb014: // ref.test, ref.cast
    case 0xfb015:
    case 0xfb016:
    case 0xfb017:
      x = { kind: "types", types: [`${(op & 1) === 0 ? "ref" : "ref null"} ${reader.heapType()}`] };
      break;
    case 0xfb018: // br_on_cast, br_on_cast_fail
    case 0xfb019: {
      const flags = reader.byte();
      a = reader.u();
      const from = `${(flags & 1) === 0 ? "ref" : "ref null"} ${reader.heapType()}`;
      x = { kind: "types", types: [from, `${(flags & 2) === 0 ? "ref" : "ref null"} ${reader.heapType()}`] };
      break;
    }
    default: {
      const form = immediates(op);
      if (form === "m") memory();
      else if (form === "l") {
        memory();
        // Lane accesses have a memory argument and a lane: the lane takes the place of the alignment.
        a = reader.byte();
      } else if (form === "b") a = reader.byte();
      else {
        if (form.length > 0) a = reader.u();
        if (form.length > 1) b = reader.u();
      }
    }
  }
  return { op, a, b, x, end: 0, otherwise: 0 };
}

/** The immediates of the regular operators: `m` a memory argument, `l` one with a lane, `b` a byte, one letter per index. */
function immediates(op: number): "" | "i" | "ii" | "m" | "l" | "b" {
  if (op >= 0x28 && op <= 0x3e) return "m";
  if (op >= 0xfe010 || op === 0xfe000 || op === 0xfe001 || op === 0xfe002) return "m";
  if (op >> 12 === 0xfd) {
    const sub = op & 0xfff;
    if (sub <= 0x0b || sub === 0x5c || sub === 0x5d) return "m";
    if (sub >= 0x54 && sub <= 0x5b) return "l";
    return sub >= 0x15 && sub <= 0x22 ? "b" : "";
  }
  switch (op) {
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x14: // call_ref
    case 0x15: // return_call_ref
    case 0x18: // delegate
    case 0x20: // local.get, local.set, local.tee, global.get, global.set, table.get, table.set
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x3f: // memory.size, memory.grow
    case 0x40:
    case 0xd2: // ref.func
    case 0xd5: // br_on_null, br_on_non_null
    case 0xd6:
    case 0xfc009: // data.drop
    case 0xfc00b: // memory.fill
    case 0xfc00d: // elem.drop
    case 0xfc00f: // table.grow, table.size, table.fill
    case 0xfc010:
    case 0xfc011:
    case 0xfb000: // struct.new, struct.new_default
    case 0xfb001:
    case 0xfb006: // array.new, array.new_default, array.get(_s|_u), array.set
    case 0xfb007:
    case 0xfb00b:
    case 0xfb00c:
    case 0xfb00d:
    case 0xfb00e:
    case 0xfb010: // array.fill
      return "i";
    case 0x11: // call_indirect, return_call_indirect: type, table
    case 0x13:
    case 0xfc008: // memory.init: segment, memory
    case 0xfc00a: // memory.copy
    case 0xfc00c: // table.init: segment, table
    case 0xfc00e: // table.copy
    case 0xfb002: // struct.get(_s|_u), struct.set
    case 0xfb003:
    case 0xfb004:
    case 0xfb005:
    case 0xfb008: // array.new_fixed, array.new_data, array.new_elem
    case 0xfb009:
    case 0xfb00a:
    case 0xfb011: // array.copy, array.init_data, array.init_elem
    case 0xfb012:
    case 0xfb013:
      return "ii";
    default:
      return "";
  }
}

function blockType(reader: Reader): string | number {
  const first = reader.peek();
  if (first === 0x40) {
    reader.skip(1);
    return "";
  }
  return first >= 0x40 && first < 0x80 ? reader.valueType() : reader.s32();
}
