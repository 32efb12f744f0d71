/**
 * Job: the core modules that a metered component gets of ours: those that hold a counter, and those that stand between
 * two components and pass the fuel on.
 * Never: know where in a component they go.
 */
import { Op } from "../../binary/opcodes.ts";
import { Writer } from "../../binary/writer.ts";
import { section } from "./encode.ts";
import type { CoreType, Signature } from "./flatten.ts";

const codes: { readonly [Type in CoreType]: number } = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const nothing: Signature = { params: [], results: [] };
const give: Signature = { params: [], results: ["i64"] };
const take: Signature = { params: ["i64"], results: [] };
const trade: Signature = { params: ["i64"], results: ["i64"] };

interface CoreModule {
  readonly types: readonly Signature[];
  readonly imports?: readonly { readonly module: string; readonly name: string; readonly type: number }[];
  /** Initial values of mutable i64 globals. */
  readonly globals?: readonly bigint[];
  /** Function indices count imports; the first global is exported as "fuel". */
  readonly exports?: readonly { readonly name: string; readonly function: number }[];
  readonly start?: number;
  readonly functions?: readonly { readonly type: number; readonly body: readonly number[] }[];
}

function coreModule({
  types,
  imports = [],
  globals = [],
  exports = [],
  start,
  functions = [],
}: CoreModule): Uint8Array {
  const out = new Writer(256);
  out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  const vector = <Item>(id: number, items: readonly Item[], write: (item: Item, content: Writer) => void) => {
    if (items.length === 0) return;
    out.bytes(
      section(id, (content) => {
        content.unsigned(items.length);
        for (const item of items) write(item, content);
      }),
    );
  };
  vector(1, types, ({ params, results }, content) => {
    content.byte(0x60);
    for (const list of [params, results]) {
      content.unsigned(list.length);
      content.bytes(list.map((type) => codes[type]));
    }
  });
  vector(2, imports, ({ module, name, type }, content) => {
    content.name(module);
    content.name(name);
    content.bytes([0, type]);
  });
  vector(3, functions, ({ type }, content) => content.byte(type));
  vector(6, globals, (initial, content) => {
    content.bytes([0x7e, 1, Op.i64Const]);
    content.signedBig(initial);
    content.byte(Op.end);
  });
  const fuel = globals.length > 0 ? [{ name: "fuel", kind: 3, index: 0 }] : [];
  const named = exports.map(({ name, function: index }) => ({ name, kind: 0, index }));
  vector(7, [...fuel, ...named], ({ name, kind, index }, content) => {
    content.name(name);
    content.bytes([kind, index]);
  });
  if (start !== undefined) out.bytes(section(8, (content) => content.unsigned(start)));
  vector(10, functions, ({ body }, content) => {
    content.unsigned(body.length + 2);
    content.byte(0);
    content.bytes(body);
    content.byte(Op.end);
  });
  return out.take();
}

/** A counter for one component: what is left, and how to read and set it. */
export const counterModule = (fuel: bigint): Uint8Array =>
  coreModule({
    types: [give, take],
    globals: [fuel],
    exports: [
      { name: "remaining", function: 0 },
      { name: "set-remaining", function: 1 },
    ],
    functions: [
      { type: 0, body: [Op.globalGet, 0] },
      { type: 1, body: [Op.localGet, 0, Op.globalSet, 0] },
    ],
  });

/** What all components together have left: `exchange(spent)` takes off what one of them spent, and says what is left. */
export const bankModule = (fuel: bigint): Uint8Array =>
  coreModule({
    types: [give, take, trade],
    globals: [fuel],
    exports: [
      { name: "remaining", function: 0 },
      { name: "set-remaining", function: 1 },
      { name: "exchange", function: 2 },
    ],
    functions: [
      { type: 0, body: [Op.globalGet, 0] },
      { type: 1, body: [Op.localGet, 0, Op.globalSet, 0] },
      { type: 2, body: [Op.globalGet, 0, Op.localGet, 0, Op.i64Sub, Op.globalSet, 0, Op.globalGet, 0] },
    ],
  });

const i64LtS = 0x53;
const i64DivS = 0x7f;

/**
 * What a `post-return` may spend before the bank hears of it: it frees what a call gave back, and 100,000 units free some
 * thousand allocations. Where the budget is large, all of them together may spend a tenth of what is left: then lists of a
 * hundred thousand strings are freed too, and no number of components makes more of it than a tenth.
 */
export const lease = 100_000n;
const leasedShare = 10n;

/**
 * The counter of a component that shares: global 0 counts down, global 1 is what it was when it was last exchanged.
 * `sync` exchanges, and traps when nothing is left.
 *
 * `lenders`: how many instances of components have a `post-return`, where this one has. `lend` leaves on the counter what a
 * `post-return` may spend and keeps the rest in global 2, `reclaim` puts that back: the difference between global 1 and 0 is
 * what was spent, as ever. A trap between them loses the rest, which nobody gains.
 */
export const sharingModule = (fuel: bigint, lenders: number | null): Uint8Array =>
  coreModule({
    types: [nothing, trade],
    imports: [{ module: "", name: "exchange", type: 1 }],
    globals: lenders === null ? [fuel, fuel] : [fuel, fuel, 0n],
    exports: [{ name: "sync", function: 1 }, ...(lenders === null ? [] : lendingExports)],
    functions: [
      {
        type: 0,
        body: [
          ...[Op.globalGet, 1, Op.globalGet, 0, Op.i64Sub, Op.call, 0, Op.globalSet, 0],
          ...[Op.globalGet, 0, Op.globalSet, 1],
          ...[Op.globalGet, 0, Op.i64Const, 0, Op.i64LeS, Op.if, 0x40, Op.unreachable, Op.end],
        ],
      },
      ...(lenders === null ? [] : lending(BigInt(lenders))),
    ],
  });

const lendingExports = [
  { name: "lend", function: 2 },
  { name: "reclaim", function: 3 },
];

/** `lend`: global 0 becomes min(left, max(lease, left / (10 × lenders))). */
function lending(lenders: bigint) {
  const share = [Op.globalGet, 2, ...i64Const(leasedShare * lenders), i64DivS];
  return [
    {
      type: 0,
      body: [
        ...[Op.globalGet, 0, Op.globalSet, 2],
        ...[...share, ...i64Const(lease), ...share, ...i64Const(lease), Op.i64GtS, Op.select, Op.globalSet, 0],
        ...[Op.globalGet, 2, Op.globalGet, 0, Op.globalGet, 2, Op.globalGet, 0, i64LtS, Op.select, Op.globalSet, 0],
        ...[Op.globalGet, 2, Op.globalGet, 0, Op.i64Sub, Op.globalSet, 2],
      ],
    },
    { type: 0, body: [Op.globalGet, 0, Op.globalGet, 2, Op.i64Add, Op.globalSet, 0] },
  ];
}

function i64Const(value: bigint): readonly number[] {
  const out = new Writer(12);
  out.byte(Op.i64Const);
  out.signedBig(value);
  return [...out.take()];
}

/** Exchanges when it is instantiated: what start functions spent. */
export const settlingModule = (): Uint8Array =>
  coreModule({ types: [nothing], imports: [{ module: "", name: "sync", type: 0 }], start: 0 });

/** Not empty: jco names what it generates after the instance and these. */
export const crossingName = "cross";
export const postReturnName = "post";

/** What stands between two components: a function, and its `post-return` where it has one. */
export interface Crossing extends Signature {
  readonly postReturn: boolean;
}

/** A function between two components: exchanges, calls, exchanges. Its `post-return` may not: it is lent what it may spend. */
export function crossingModule({ params, results, postReturn }: Crossing): Uint8Array {
  const passed = (values: readonly CoreType[]) => values.flatMap((_, index) => [Op.localGet, index]);
  const [sync, post, lend, reclaim] = [1, 2, 3, 4];
  const first = postReturn ? 5 : 2;
  return coreModule({
    types: [{ params, results }, nothing, ...(postReturn ? [{ params: results, results: [] }] : [])],
    imports: [
      { module: "function", name: "", type: 0 },
      { module: "capsule", name: "sync", type: 1 },
      ...(postReturn
        ? [
            { module: "function", name: postReturnName, type: 2 },
            { module: "capsule", name: "lend", type: 1 },
            { module: "capsule", name: "reclaim", type: 1 },
          ]
        : []),
    ],
    exports: [
      { name: crossingName, function: first },
      ...(postReturn ? [{ name: postReturnName, function: first + 1 }] : []),
    ],
    functions: [
      { type: 0, body: [Op.call, sync, ...passed(params), Op.call, 0, Op.call, sync] },
      ...(postReturn ? [{ type: 2, body: [Op.call, lend, ...passed(results), Op.call, post, Op.call, reclaim] }] : []),
    ],
  });
}
