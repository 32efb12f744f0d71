/**
 * Job: the control-flow graph of one function: blocks of operators that are paid together, and the edges between them.
 * Never: place charges, write bytes.
 *
 * A block ends at every branch, call, throw and bulk operator (a *segment* of SPEC.md). The boundary is the world
 * outside: what is there sees the counter in its global, so the graph has edges to it (calls, returns, throws) and from
 * it (entry, after a call, catch). Dead code has no blocks and is never paid.
 *
 * Labels are joins: a block begins after the `end` of every block that a live branch targets. WebAssembly is
 * structured, so the textual order of blocks is a topological order of all edges but back edges.
 */

import type { Operators } from "../binary/decode.ts";
import { Kind, Op, opcodes } from "../binary/opcodes.ts";
import type { CompositeType } from "../binary/types.ts";
import { InstrumentError } from "../errors.ts";

export const EdgeKind = {
  /** Falls through the operator at `at`, or comes to `at` from before it. Code on the edge goes in front of `at`. */
  fall: 0,
  /** `br`: code goes in front of it. */
  branch: 1,
  /** `br_if` taken: code needs the branch to be split. */
  branchIf: 2,
  /** Not taken, then-arm, else-arm: code goes to where the target block begins. */
  next: 3,
  /** The missing else-arm of an `if`: code needs an `else`. */
  implicitElse: 4,
  /** `br_table`, `br_on_*`: no room for code. */
  fixed: 5,
  /** To the boundary, at operator `at`: a call, a return, a throw, a trap, or the end of the body. */
  leave: 6,
  /** From the boundary: entry, after a call, into a catch clause. Code goes to where the target block begins. */
  arrive: 7,
  /** Across a quiet call at `at`: no boundary, but the callee lowers the counter in the global. No room for code. */
  across: 8,
} as const;
export type EdgeKind = (typeof EdgeKind)[keyof typeof EdgeKind];

export interface Edge {
  readonly kind: EdgeKind;
  /** Null: the boundary. */
  readonly from: Block | null;
  to: Block | null;
  /** The operator in front of which code for this edge stands. */
  readonly at: number;
  readonly back: boolean;
  /** Moves values: a `br_if` that does cannot be split. */
  readonly carries: boolean;
  /** Calls are left and come back: the block that goes on. */
  frequency: number;
}

export interface Block {
  readonly index: number;
  /** Operators `first` to `last`, both included. The exit join has none: `first` is one past the end. */
  readonly first: number;
  last: number;
  price: number;
  /** Index of the `loop` operator whose header this is; −1. */
  readonly loop: number;
  /** A catch clause comes here: every way in leaves the counter in the global and it is read again. */
  readsCounter: boolean;
  /** What follows the call that this block ends with. */
  resume: Block | null;
  readonly out: Edge[];
  readonly in: Edge[];
  frequency: number;
}

export interface ControlFlow {
  readonly blocks: readonly Block[];
  readonly edges: readonly Edge[];
  /** Some branch, live or dead, targets the label of the function itself. */
  readonly branchesToFunction: boolean;
  /** 1 for each operator that can be reached. */
  readonly live: Uint8Array;
}

interface Frame {
  readonly kind: number;
  readonly live: boolean;
  readonly header: Block | null;
  readonly condition: Block | null;
  readonly carries: boolean;
  readonly pending: Edge[];
  elseSeen: boolean;
  caught: boolean;
}

/** What a call means to its caller (calls.ts). */
export interface CallMeaning {
  /** Price of a direct call beyond its own unit, where the caller pays for the callee; undefined where it does not. */
  readonly price: (functionIndex: number) => number | undefined;
  /** Whether nothing that this call runs reaches the host or throws. −1: an indirect call. */
  readonly quiet: (functionIndex: number) => boolean;
}

export function controlFlow(
  operators: Operators,
  types: readonly CompositeType[],
  results: number,
  calls: CallMeaning,
): ControlFlow {
  const { count, opcode, first, position } = operators;
  const blocks: Block[] = [];
  const edges: Edge[] = [];
  const live = new Uint8Array(count);
  let branchesToFunction = false;

  const begin = (at: number, loop = -1): Block => {
    const block: Block = {
      index: blocks.length,
      first: at,
      last: at - 1,
      price: 0,
      loop,
      readsCounter: false,
      resume: null,
      out: [],
      in: [],
      frequency: 0,
    };
    blocks.push(block);
    return block;
  };
  const connect = (kind: EdgeKind, from: Block | null, to: Block | null, at: number, carries = false, back = false) => {
    const edge: Edge = { kind, from, to, at, back, carries, frequency: 0 };
    edges.push(edge);
    from?.out.push(edge);
    to?.in.push(edge);
    return edge;
  };
  const arity = (blockType: number, ofLoop: boolean): number => {
    if (blockType === -64) return 0;
    if (blockType < 0) return ofLoop ? 0 : 1;
    const type = types[blockType];
    if (type?.kind !== "function") throw new InstrumentError("malformed", `type ${blockType} is no function type`);
    return ofLoop ? type.params : type.results;
  };

  const frame = (
    kind: number,
    blockType: number,
    live: boolean,
    header: Block | null,
    condition: Block | null,
  ): Frame => ({
    kind,
    live,
    header,
    condition,
    carries: arity(blockType, kind === Kind.loop) > 0,
    pending: [],
    elseSeen: false,
    caught: false,
  });
  const functionFrame: Frame = {
    kind: Kind.block,
    live: true,
    header: null,
    condition: null,
    carries: results > 0,
    pending: [],
    elseSeen: false,
    caught: false,
  };
  const frames: Frame[] = [functionFrame];
  const target = (label: number, at: number): Frame => {
    const found = frames[frames.length - 1 - label];
    if (found === undefined)
      throw new InstrumentError("malformed", `label ${label} is not there`, position[at] ?? null);
    if (found === functionFrame) branchesToFunction = true;
    return found;
  };
  const branch = (kind: EdgeKind, from: Block | null, to: Frame, at: number) => {
    if (to.kind === Kind.loop) {
      if (to.header) connect(kind, from, to.header, at, to.carries, from !== null);
    } else to.pending.push(connect(kind, from, null, at, to.carries));
  };
  /** The join of a frame: a new block at `at` where branches meet, if there are any. */
  const join = (done: Frame, current: Block | null, fallAt: number, at: number): Block | null => {
    if (done.pending.length === 0) return current;
    if (current) connect(EdgeKind.fall, current, null, fallAt);
    const block = begin(at);
    if (current) done.pending.push(current.out.at(-1)!);
    for (const edge of done.pending) {
      edge.to = block;
      block.in.push(edge);
    }
    block.readsCounter = done.caught;
    return block;
  };

  let current: Block | null = begin(0);
  current.price = 1;
  connect(EdgeKind.arrive, null, current, 0);

  for (let i = 0; i < count; i++) {
    const op = opcode[i]!;
    if (current) {
      current.price += opcodes.price[op]!;
      current.last = i;
      live[i] = 1;
    }
    const kind = opcodes.kind[op]! as Kind;
    switch (kind) {
      case Kind.plain:
        break;
      case Kind.block:
      case Kind.try:
        frames.push(frame(kind, first[i]!, current !== null, null, null));
        break;
      case Kind.tryTable: {
        for (const label of operators.labels.get(i)!) {
          const to = target(label, i);
          if (!current) continue;
          if (to.header) to.header.readsCounter = true;
          else to.caught = true;
          branch(EdgeKind.arrive, null, to, i);
        }
        frames.push(frame(kind, first[i]!, current !== null, null, null));
        break;
      }
      case Kind.loop: {
        let header: Block | null = null;
        if (current) {
          header = begin(i + 1, i);
          connect(EdgeKind.fall, current, header, i);
        }
        frames.push(frame(kind, first[i]!, current !== null, header, null));
        current = header;
        break;
      }
      case Kind.if: {
        const condition: Block | null = current;
        if (current) {
          current = begin(i + 1);
          connect(EdgeKind.next, condition, current, i + 1);
        }
        frames.push(frame(kind, first[i]!, condition !== null, null, condition));
        break;
      }
      case Kind.else: {
        const top = frames.at(-1)!;
        top.elseSeen = true;
        if (current) top.pending.push(connect(EdgeKind.fall, current, null, i));
        current = null;
        if (top.condition) {
          current = begin(i + 1);
          connect(EdgeKind.next, top.condition, current, i + 1);
        }
        break;
      }
      case Kind.catch:
      case Kind.catchAll: {
        const top = frames.at(-1)!;
        if (current) top.pending.push(connect(EdgeKind.fall, current, null, i));
        current = null;
        if (top.live) {
          current = begin(i + 1);
          connect(EdgeKind.arrive, null, current, i + 1);
        }
        break;
      }
      case Kind.end:
      case Kind.delegate: {
        const done = frames.pop();
        if (done === undefined) throw new InstrumentError("malformed", "an `end` too many", position[i]!);
        if (done === functionFrame) {
          if (i !== count - 1)
            throw new InstrumentError("malformed", "code after the end of the function", position[i]!);
          current = join(done, current, i, count);
          if (current) connect(EdgeKind.leave, current, null, count);
          break;
        }
        if (done.kind === Kind.loop) break;
        if (done.condition && !done.elseSeen)
          done.pending.push(connect(EdgeKind.implicitElse, done.condition, null, i));
        current = join(done, current, i, i + 1);
        break;
      }
      case Kind.br: {
        const to = target(first[i]!, i);
        if (current) branch(EdgeKind.branch, current, to, i);
        current = null;
        break;
      }
      case Kind.brIf:
      case Kind.brOn: {
        const label = kind === Kind.brOn && op >= 0x118 ? operators.second[i]! : first[i]!;
        const to = target(label, i);
        if (current) {
          branch(kind === Kind.brIf && !to.carries ? EdgeKind.branchIf : EdgeKind.fixed, current, to, i);
          // Code for what follows the last branch of a loop goes behind the `end` of the loop: V8 neither unrolls nor
          // keeps in a register well what is set inside.
          let at = i + 1;
          for (let f = frames.length - 1; opcode[at] === Op.end && frames[f]!.kind === Kind.loop; f--) at++;
          const next = begin(at);
          connect(EdgeKind.next, current, next, at);
          current = next;
        }
        break;
      }
      case Kind.brTable: {
        const seen = new Set<Frame>();
        for (const label of operators.labels.get(i)!) {
          const to = target(label, i);
          if (seen.has(to)) continue;
          seen.add(to);
          if (current) branch(EdgeKind.fixed, current, to, i);
        }
        current = null;
        break;
      }
      case Kind.return:
      case Kind.unreachable:
      case Kind.throw:
      case Kind.returnCall:
      case Kind.returnCallIndirect:
      case Kind.returnCallRef:
        if (current) {
          if (kind === Kind.returnCall) current.price += calls.price(first[i]!) ?? 0;
          connect(EdgeKind.leave, current, null, i);
        }
        current = null;
        break;
      case Kind.call:
      case Kind.callIndirect:
      case Kind.callRef: {
        if (!current) break;
        const paid: number | undefined = kind === Kind.call ? calls.price(first[i]!) : undefined;
        if (paid !== undefined) {
          current.price += paid;
          break;
        }
        if (calls.quiet(kind === Kind.call ? first[i]! : -1)) {
          const next = begin(i + 1);
          connect(EdgeKind.across, current, next, i);
          current = next;
          break;
        }
        connect(EdgeKind.leave, current, null, i);
        const next = begin(i + 1);
        connect(EdgeKind.arrive, null, next, i + 1);
        current.resume = next;
        current = next;
        break;
      }
      case Kind.bulk:
      case Kind.memoryGrow:
      case Kind.tableGrow: {
        if (!current) break;
        const next = begin(i + 1);
        connect(EdgeKind.next, current, next, i + 1);
        current = next;
        break;
      }
      case Kind.thread:
        throw new InstrumentError("unsupported", "threads are not supported", position[i]!);
      default:
        kind satisfies never;
    }
  }
  if (frames.length !== 0) throw new InstrumentError("malformed", "the function has no end", position[count]!);
  return { blocks, edges, branchesToFunction, live };
}
