/**
 * Job: the node kinds of Binaryen's tree as one table: children in order of execution, and cost in fuel (SPEC.md §1).
 * Never: walk the tree, or change it.
 */
import { InstrumentError } from "../errors.ts";
import type { Binaryen, ExpressionRef } from "./load.ts";

/**
 * `Kind: "cost Child Child …"`. A child `Operand*` is a list. The names are those of Binaryen's C API, from which the
 * getters and setters are looked up, so a row that it does not know fails when the library is loaded.
 *
 * Costs 0: what the table of SPEC.md §1 has at 0, and what is not an operator of the binary at all (pop, tuples).
 * Rows without a cost are refused: the C API of Binaryen 132 cannot look into them, or (`array.*_elem`) they could tell a
 * declarative segment from the passive one that prepare.ts makes of it.
 */
const table: Readonly<Record<string, string>> = {
  Nop: "0",
  Block: "0 Child*",
  If: "1 Condition IfTrue IfFalse",
  Loop: "0 Body",
  Break: "1 Value Condition",
  Switch: "1 Value Condition",
  Call: "1 Operand*",
  CallIndirect: "1 Operand* Target",
  CallRef: "1 Operand* Target",
  Return: "0 Value",
  Unreachable: "0",
  Drop: "0 Value",
  Select: "1 IfTrue IfFalse Condition",
  LocalGet: "1",
  LocalSet: "1 Value",
  GlobalGet: "1",
  GlobalSet: "1 Value",
  Load: "1 Ptr",
  Store: "1 Ptr Value",
  Const: "1",
  Unary: "1 Value",
  Binary: "1 Left Right",
  MemorySize: "1",
  MemoryGrow: "1 Delta",
  MemoryInit: "1 Dest Offset Size",
  MemoryCopy: "1 Dest Source Size",
  MemoryFill: "1 Dest Value Size",
  DataDrop: "1",
  TableGet: "1 Index",
  TableSet: "1 Index Value",
  TableSize: "1",
  TableGrow: "1 Value Delta",
  TableFill: "",
  TableCopy: "",
  TableInit: "",
  ElemDrop: "1",
  RefNull: "1",
  RefIsNull: "1 Value",
  RefFunc: "1",
  RefEq: "1 Left Right",
  RefAs: "1 Value",
  BrOn: "1 Ref",
  Try: "1 Body CatchBody*",
  TryTable: "",
  Throw: "1 Operand*",
  Rethrow: "1",
  ThrowRef: "",
  Pop: "0",
  TupleMake: "0 Operand*",
  TupleExtract: "0 Tuple",
  RefTest: "1 Ref",
  RefCast: "1 Ref",
  RefI31: "1 Value",
  I31Get: "1 I31",
  StructNew: "1 Operand*",
  StructGet: "1 Ref",
  StructSet: "1 Ref Value",
  ArrayNew: "1 Init Size",
  ArrayNewFixed: "1 Value*",
  ArrayNewData: "1 Offset Size",
  ArrayNewElem: "",
  ArrayGet: "1 Ref Index",
  ArraySet: "1 Ref Index Value",
  ArrayLen: "1 Ref",
  ArrayCopy: "1 DestRef DestIndex SrcRef SrcIndex Length",
  ArrayFill: "1 Ref Index Value Size",
  ArrayInitData: "1 Ref Index Offset Size",
  ArrayInitElem: "",
  SIMDExtract: "1 Vec",
  SIMDReplace: "1 Vec Value",
  SIMDShuffle: "1 Left Right",
  SIMDTernary: "1 A B C",
  SIMDShift: "1 Vec Shift",
  SIMDLoad: "1 Ptr",
  SIMDLoadStoreLane: "1 Ptr Vec",
};

/** The operand whose value is the length of a bulk operator: what SPEC.md §1 adds when the operator has succeeded. */
const lengths: Readonly<Record<string, string>> = {
  MemoryGrow: "Delta",
  MemoryInit: "Size",
  MemoryCopy: "Size",
  MemoryFill: "Size",
  TableGrow: "Delta",
  ArrayNew: "Size",
  ArrayNewData: "Size",
  ArrayCopy: "Length",
  ArrayFill: "Size",
  ArrayInitData: "Size",
};

/** One child or one list of children. A child that is absent (an `if` without `else`) is 0. */
export interface Field {
  readonly name: string;
  count(node: ExpressionRef): number;
  get(node: ExpressionRef, index: number): ExpressionRef;
  set(node: ExpressionRef, index: number, child: ExpressionRef): void;
}

export interface Kind {
  readonly name: string;
  readonly cost: number;
  readonly fields: readonly Field[];
  /** The field that holds the length, of a bulk operator. */
  readonly length: Field | null;
}

/** The raw C API: functions over addresses. */
function raw(binaryen: Binaryen, name: string): (...args: number[]) => number {
  const found = (binaryen as unknown as Record<string, unknown>)[`_Binaryen${name}`];
  if (typeof found !== "function")
    throw new Error(`Binaryen has no _Binaryen${name}: its version is not the one this table is for`);
  return found as (...args: number[]) => number;
}

function fieldOf(binaryen: Binaryen, kind: string, column: string): Field {
  const name = column.replace("*", "");
  if (!column.endsWith("*")) {
    const get = raw(binaryen, `${kind}Get${name}`);
    const set = raw(binaryen, `${kind}Set${name}`);
    return { name, count: () => 1, get: (node) => get(node), set: (node, _, child) => void set(node, child) };
  }
  const count = raw(
    binaryen,
    `${kind}GetNum${name.endsWith("Body") ? "CatchBodies" : name === "Child" ? "Children" : `${name}s`}`,
  );
  const get = raw(binaryen, `${kind}Get${name}At`);
  const set = raw(binaryen, `${kind}Set${name}At`);
  return { name, count, get, set: (node, index, child) => void set(node, index, child) };
}

/** The table by Binaryen's number for a kind. */
export function nodeKinds(binaryen: Binaryen): (node: ExpressionRef) => Kind {
  const kinds: Kind[] = [];
  for (const [name, row] of Object.entries(table)) {
    const [cost, ...columns] = row.split(" ");
    if (!cost) continue;
    const fields = columns.map((column) => fieldOf(binaryen, name, column));
    const length = fields.find((field) => field.name === lengths[name]) ?? null;
    kinds[raw(binaryen, `${name}Id`)()] = { name, cost: Number(cost), fields, length };
  }
  const idOf = raw(binaryen, "ExpressionGetId");
  return (node) => {
    const kind = kinds[idOf(node)];
    if (kind) return kind;
    const name = Object.keys(table).find((name) => raw(binaryen, `${name}Id`)() === idOf(node)) ?? `kind ${idOf(node)}`;
    throw new InstrumentError(
      "unsupported",
      `the plain pass does not meter Binaryen's ${name} nodes; instrument() of @capsule-run/instrument can`,
    );
  };
}
