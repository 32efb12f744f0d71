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
      { type: 2, body: [Op.globalGet, 0, Op.localGet, 0, i64Sub, Op.globalSet, 0, Op.globalGet, 0] },
    ],
  });

const i64Sub = 0x7d;
const i64LeS = 0x57;

/**
 * The counter of a component that shares: global 0 counts down, global 1 is what it was when it was last exchanged.
 * `sync` exchanges, and traps when nothing is left.
 */
export const sharingModule = (fuel: bigint): Uint8Array =>
  coreModule({
    types: [nothing, trade],
    imports: [{ module: "", name: "exchange", type: 1 }],
    globals: [fuel, fuel],
    exports: [{ name: "sync", function: 1 }],
    functions: [
      {
        type: 0,
        body: [
          ...[Op.globalGet, 1, Op.globalGet, 0, i64Sub, Op.call, 0, Op.globalSet, 0],
          ...[Op.globalGet, 0, Op.globalSet, 1],
          ...[Op.globalGet, 0, Op.i64Const, 0, i64LeS, Op.if, 0x40, Op.unreachable, Op.end],
        ],
      },
    ],
  });

/** Exchanges when it is instantiated: what start functions spent. */
export const settlingModule = (): Uint8Array =>
  coreModule({ types: [nothing], imports: [{ module: "", name: "sync", type: 0 }], start: 0 });

/** Not empty: jco names what it generates after the instance and this. */
export const crossingName = "cross";

/** A function between two components: exchanges, calls, exchanges. */
export const crossingModule = (signature: Signature): Uint8Array =>
  coreModule({
    types: [signature, nothing],
    imports: [
      { module: "function", name: "", type: 0 },
      { module: "capsule", name: "sync", type: 1 },
    ],
    exports: [{ name: crossingName, function: 2 }],
    functions: [
      {
        type: 0,
        body: [Op.call, 1, ...signature.params.flatMap((_, index) => [Op.localGet, index]), Op.call, 0, Op.call, 1],
      },
    ],
  });
