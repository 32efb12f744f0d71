/**
 * Job: one function's tree → its basic blocks: where each begins, and what it costs. Never: change the tree.
 *
 * The walk visits nodes in order of execution, keeps a block open, and adds each operator's cost to it. Reachability is
 * that of the validator's control flow, not that of Binaryen's `unreachable` type, which is coarser: code behind a block
 * is reachable when the block's end is, or when a reachable branch leads there.
 */
import type { Binaryen, ExpressionRef } from "./load.ts";
import type { Kind } from "./nodes.ts";

export interface Block {
  /** Units of fuel, without the lengths of bulk operators. */
  cost: number;
  /** The block begins after a call: the counter may have been lowered there, so it is looked at even when `cost` is 0. */
  readonly afterCall: boolean;
}

export interface Blocks {
  /** Blocks that begin before a node: bodies of functions and loops, arms of `if`, bodies of catches. */
  readonly before: ReadonlyMap<ExpressionRef, Block>;
  /** Blocks that begin after a node: calls, bulk operators, conditional branches, and where control flow joins. */
  readonly after: ReadonlyMap<ExpressionRef, Block>;
  /** Of legacy exception handling: the `pop` that has to stay first in a catch's body → that body. */
  readonly pops: ReadonlyMap<ExpressionRef, ExpressionRef>;
}

type CApi = Record<string, (...args: number[]) => number>;

/**
 * @param body the function's body
 * @param locals how many parameters and locals the function has in the original bytes: Binaryen adds scratch locals for
 *   values that stay on the stack across a statement, and what reads and writes them is no operator of the original
 */
export function countBlocks(
  binaryen: Binaryen,
  kindOf: (node: ExpressionRef) => Kind,
  body: ExpressionRef,
  locals: number,
): Blocks {
  const api = binaryen as unknown as CApi;
  const before = new Map<ExpressionRef, Block>();
  const after = new Map<ExpressionRef, Block>();
  const pops = new Map<ExpressionRef, ExpressionRef>();
  /** Labels with a reachable branch to them. Names are interned: the address is the name. */
  const branchedTo = new Set<number>();
  const catches: ExpressionRef[] = [];
  let open: Block = { cost: 0, afterCall: false };
  let live = true;

  const begin = (where: Map<ExpressionRef, Block>, node: ExpressionRef, afterCall = false) => {
    if (!live) return;
    open = { cost: 0, afterCall };
    where.set(node, open);
  };
  const spend = (units: number) => {
    if (live) open.cost += units;
  };
  const branch = (label: number) => {
    if (live) branchedTo.add(label);
  };
  const children = (node: ExpressionRef, kind: Kind) => {
    for (const field of kind.fields) {
      const count = field.count(node);
      for (let index = 0; index < count; index++) {
        const child = field.get(node, index);
        if (child !== 0) visit(child);
      }
    }
  };

  function visit(node: ExpressionRef): void {
    const kind = kindOf(node);
    switch (kind.name) {
      case "Block": {
        children(node, kind);
        if (!branchedTo.has(api._BinaryenBlockGetName!(node))) return;
        live = true;
        begin(after, node);
        return;
      }
      case "Loop": {
        const inside = api._BinaryenLoopGetBody!(node);
        begin(before, inside);
        visit(inside);
        return;
      }
      case "If": {
        visit(api._BinaryenIfGetCondition!(node));
        spend(kind.cost);
        const reached = live;
        const arms = [api._BinaryenIfGetIfTrue!(node), api._BinaryenIfGetIfFalse!(node)];
        let joins = reached && arms[1] === 0;
        for (const arm of arms) {
          if (arm === 0) continue;
          live = reached;
          begin(before, arm!);
          visit(arm!);
          joins ||= live;
        }
        live = joins;
        begin(after, node);
        return;
      }
      case "Try": {
        spend(kind.cost);
        const reached = live;
        visit(api._BinaryenTryGetBody!(node));
        let joins = live;
        for (let index = 0; index < api._BinaryenTryGetNumCatchBodies!(node); index++) {
          const handler = api._BinaryenTryGetCatchBodyAt!(node, index);
          live = reached;
          begin(before, handler);
          catches.push(handler);
          visit(handler);
          catches.pop();
          joins ||= live;
        }
        live = joins;
        begin(after, node);
        return;
      }
      case "Pop": {
        pops.set(node, catches.at(-1)!);
        return;
      }
      case "LocalGet":
      case "LocalSet": {
        children(node, kind);
        const get = kind.name === "LocalGet" ? api._BinaryenLocalGetGetIndex! : api._BinaryenLocalSetGetIndex!;
        if (get(node) < locals) spend(kind.cost);
        return;
      }
      case "Break": {
        children(node, kind);
        spend(kind.cost);
        branch(api._BinaryenBreakGetName!(node));
        if (api._BinaryenBreakGetCondition!(node) === 0) live = false;
        begin(after, node);
        return;
      }
      case "BrOn": {
        children(node, kind);
        spend(kind.cost);
        branch(api._BinaryenBrOnGetName!(node));
        begin(after, node);
        return;
      }
      case "Switch": {
        children(node, kind);
        spend(kind.cost);
        const count = api._BinaryenSwitchGetNumNames!(node);
        for (let index = 0; index < count; index++) branch(api._BinaryenSwitchGetNameAt!(node, index));
        branch(api._BinaryenSwitchGetDefaultName!(node));
        live = false;
        return;
      }
      case "Call":
      case "CallIndirect":
      case "CallRef": {
        children(node, kind);
        spend(kind.cost);
        if (api[`_Binaryen${kind.name}IsReturn`]!(node) !== 0) live = false;
        begin(after, node, true);
        return;
      }
      case "Return":
      case "Unreachable":
      case "Throw":
      case "Rethrow": {
        children(node, kind);
        spend(kind.cost);
        live = false;
        return;
      }
      default: {
        children(node, kind);
        spend(kind.cost);
        if (kind.length) begin(after, node);
      }
    }
  }

  begin(before, body);
  spend(1); // entering the function
  visit(body);
  return { before, after, pops };
}
