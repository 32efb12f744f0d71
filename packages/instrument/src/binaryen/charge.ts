/**
 * Job: put a decrement and a check where each basic block of one function begins. Never: decide where that is or what it costs.
 *
 * A block that begins *after* a node that has a value begins while that value is on the stack. Binaryen's tree has no place
 * for that, so the value passes through a local: `(block (local.set $t NODE) CHARGE (local.get $t))`.
 */
import type { Block, Blocks } from "./count.ts";
import type { Binaryen, BinaryenModule, ExpressionRef, FunctionRef, Type } from "./load.ts";
import type { Kind } from "./nodes.ts";

/** The globals by their names inside Binaryen. */
export interface Counters {
  readonly fuel: string;
  /** The count of refused growths, and the most pages that a memory may have; null where growths are not told. */
  readonly growth: { readonly refused: string; readonly pages: string } | null;
}

export interface Placed {
  decrements: number;
  checks: number;
}

type CApi = Record<string, (...args: number[]) => number>;

/** Rewrites `fn` in place and adds what was placed to `placed`. */
export function chargeBlocks(
  binaryen: Binaryen,
  module: BinaryenModule,
  kindOf: (node: ExpressionRef) => Kind,
  fn: FunctionRef,
  blocks: Blocks,
  counters: Counters,
  placed: Placed,
): void {
  const api = binaryen as unknown as CApi;
  const { before, after, pops } = blocks;
  const { i64 } = binaryen;
  const typeOf = (node: ExpressionRef): Type => binaryen.getExpressionType(node);

  /** One local for each type and use: none is live longer than one charge. */
  const locals = new Map<string, number>();
  const localFor = (use: "value" | "length", type: Type): number => {
    const key = `${use} ${type}`;
    let index = locals.get(key);
    if (index === undefined) {
      index = api._BinaryenFunctionAddVar!(fn, type);
      locals.set(key, index);
    }
    return index;
  };
  /** A catch's popped value lives as long as the catch. */
  const popped = new Map<ExpressionRef, number>();

  const fuel = () => module.global.get(counters.fuel, i64);
  const lower = (units: ExpressionRef) => {
    placed.decrements++;
    return module.global.set(counters.fuel, module.i64.sub(fuel(), units));
  };
  const check = () => {
    placed.checks++;
    return module.if(module.i64.le_s(fuel(), module.i64.const(0n)), module.unreachable());
  };
  const units = (cost: number) => module.i64.const(BigInt(cost));

  /** What begins a block, as statements; none for one that costs nothing and follows no call. */
  function charge(block: Block): ExpressionRef[] {
    if (block.cost > 0) return [lower(units(block.cost)), check()];
    return block.afterCall ? [check()] : [];
  }

  /** Tells the host of a memory growth that was refused. */
  function tell(name: string): ExpressionRef {
    const { i32 } = binaryen;
    return module.global.set(name, module.i32.add(module.global.get(name, i32), module.i32.const(1)));
  }

  /** The same behind a bulk operator: its length too, unless it is a growth that was refused. */
  function chargeLength(
    block: Block,
    operator: string,
    value: number | null,
    length: number,
    type: Type,
  ): ExpressionRef[] {
    const local = module.local.get(length, type);
    let paid = lower(type === i64 ? local : module.i64.extend_u(local));
    if (value !== null && operator.endsWith("Grow")) {
      const grown = module.local.get(value, type);
      paid = module.if(
        type === i64 ? module.i64.ne(grown, module.i64.const(-1n)) : module.i32.ne(grown, module.i32.const(-1)),
        paid,
        counters.growth !== null && operator === "MemoryGrow" ? tell(counters.growth.refused) : undefined,
      );
    }
    return block.cost > 0 ? [lower(units(block.cost)), paid, check()] : [paid, check()];
  }

  /** The length of a growth, or −1, by which none can grow, where the memory would have more than `pages`. */
  function bound(kept: ExpressionRef, length: number, type: Type, pages: string): ExpressionRef {
    const most = module.global.get(pages, binaryen.i32);
    const size = module.memory.size(undefined, type === i64);
    const asked = module.local.get(length, type);
    return type === i64
      ? module.select(
          module.i64.le_u(module.i64.add(asked, size), module.i64.extend_u(most)),
          kept,
          module.i64.const(-1n),
        )
      : module.select(module.i32.le_u(module.i32.add(asked, size), most), kept, module.i32.const(-1));
  }

  function rewriteChildren(node: ExpressionRef, kind: Kind): void {
    for (const field of kind.fields) {
      const count = field.count(node);
      for (let index = 0; index < count; index++) {
        const child = field.get(node, index);
        if (child === 0) continue;
        const replacement = rewrite(child);
        if (replacement !== child) field.set(node, index, replacement);
      }
    }
  }

  function rewriteAfter(node: ExpressionRef, kind: Kind, block: Block): ExpressionRef {
    const type = typeOf(node);
    if (type === binaryen.unreachable) return node;
    const value = type === binaryen.none ? null : localFor("value", type);
    let charges: ExpressionRef[];
    if (kind.length) {
      const operand = kind.length.get(node, 0);
      const lengthType = typeOf(operand);
      const length = localFor("length", lengthType);
      const kept = module.local.tee(length, operand, lengthType);
      const isBound = counters.growth !== null && kind.name === "MemoryGrow";
      kind.length.set(node, 0, isBound ? bound(kept, length, lengthType, counters.growth.pages) : kept);
      charges = chargeLength(block, kind.name, value, length, lengthType);
    } else charges = charge(block);
    if (charges.length === 0) return node;
    return value === null
      ? module.block(null, [node, ...charges], binaryen.none)
      : module.block(null, [module.local.set(value, node), ...charges, module.local.get(value, type)], type);
  }

  function rewrite(node: ExpressionRef): ExpressionRef {
    const kind = kindOf(node);
    let result = node;
    const handler = pops.get(node);
    if (handler !== undefined) {
      const index = api._BinaryenFunctionAddVar!(fn, typeOf(node));
      popped.set(handler, index);
      result = module.local.get(index, typeOf(node));
    }
    rewriteChildren(node, kind);
    const behind = after.get(node);
    if (behind) result = rewriteAfter(result, kind, behind);
    const ahead = before.get(node);
    if (ahead) {
      const pop = popped.get(node);
      const first = pop === undefined ? [] : [popInto(node, pop)];
      const charges = charge(ahead);
      if (first.length + charges.length > 0)
        result = module.block(null, [...first, ...charges, result], typeOf(result));
    }
    return result;
  }

  /** `pop` has to be the first thing in its catch: the charge goes behind it. */
  function popInto(handler: ExpressionRef, index: number): ExpressionRef {
    for (const [pop, of] of pops) if (of === handler) return module.local.set(index, pop);
    throw new Error("a catch that pops was not counted");
  }

  const body = api._BinaryenFunctionGetBody!(fn);
  const rewritten = rewrite(body);
  if (rewritten !== body) api._BinaryenFunctionSetBody!(fn, rewritten);
}
