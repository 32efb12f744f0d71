/** Job: emit statements: assignments, blocks, branches, calls, bulk operators, exceptions, dead code. Never: leave anything on the stack. */
import { s, u } from "../support/encode.ts";
import { call } from "./calls.ts";
import { blockType, type FunctionContext, set, type Type } from "./context.ts";
import { countedLoop } from "./counted.ts";
import { deadCode } from "./dead.ts";
import { expression } from "./expression.ts";

export function statements(context: FunctionContext, depth: number): number[] {
  const out: number[] = [];
  const count = depth <= 0 ? 0 : context.random.below(4);
  for (let i = 0; i < count && context.room > 0; i++) out.push(...statement(context, depth));
  return out;
}

/** The operands of a branch to a label. */
const operands = (context: FunctionContext, types: readonly Type[], depth: number) =>
  types.flatMap((type) => expression(context, type, depth - 1));
const drops = (types: readonly Type[]) => types.map(() => 0x1a);

export function statement(context: FunctionContext, depth: number): number[] {
  const { random, world, labels } = context;
  context.room -= 1;
  const sub = (type: Type) => expression(context, type, depth - 1);
  const inside = (types: readonly Type[]) => {
    labels.push({ types, loop: false });
    const body = statements(context, depth - 1);
    labels.pop();
    return body;
  };
  switch (random.below(24)) {
    case 0:
    case 1:
    case 2: {
      const type = random.pick<Type>(["i32", "i32", "i64", "f64"]);
      return [...sub(type), ...set(context.local(type, true))];
    }
    case 3: {
      if (world.globals.length === 0) return [0x01];
      const global = random.below(world.globals.length);
      return [...sub(world.globals[global]!), 0x24, ...u(global)];
    }
    case 4: {
      const type = random.pick(["i32", "i64"] as const);
      const at = random.chance(93) ? context.address(random.below(65528)) : sub(world.memory64 ? "i64" : "i32");
      return [...at, ...sub(type), type === "i32" ? 0x36 : 0x37, 0, ...u(0)];
    }
    case 5:
    case 6:
      return [0x02, 0x40, ...inside([]), 0x0b];
    case 7:
    case 8: {
      const condition = sub("i32");
      return [...condition, 0x04, 0x40, ...inside([]), ...(random.chance(60) ? [0x05, ...inside([])] : []), 0x0b];
    }
    case 9:
    case 10:
    case 11:
    case 12:
      return countedLoop(context, depth - 1);
    case 13: {
      // br_if, its operands dropped where it falls through
      const label = random.below(labels.length);
      const { types, loop } = labels.at(-1 - label)!;
      if (loop && random.chance(95)) return [0x01];
      return [...operands(context, types, depth), ...sub("i32"), 0x0d, ...u(label), ...drops(types)];
    }
    case 14: {
      // br, return, unreachable under a condition, and dead code behind them
      const condition = sub("i32");
      labels.push({ types: [], loop: false });
      const body = terminator(context, depth);
      const dead = body.at(0) !== 0x01 && random.chance(60) ? deadCode(context, depth) : [];
      labels.pop();
      return [...condition, 0x04, 0x40, ...body, ...dead, 0x0b];
    }
    case 15: {
      const callees = world.functions.flatMap((_, i) => (i > context.index || i < world.imported ? [i] : []));
      if (callees.length === 0) return [0x01];
      const callee = random.pick(callees);
      return [...call(context, callee, depth - 1), ...drops(world.types[world.functions[callee]!]!.results)];
    }
    case 16:
      return bulkStatement(context, depth);
    case 17:
      return exceptionStatement(context, depth);
    case 18: {
      // a block with several results and a br_table among labels of the same types
      const type = random.pick(world.types);
      const block = blockType(world, [], type.results);
      if (block === null) return [0x01];
      const inner = [0x02, ...block, 0x02, ...block];
      labels.push({ types: type.results, loop: false }, { types: type.results, loop: false });
      const same = labels.flatMap((label, i) =>
        label.types.join() === type.results.join() && (!label.loop || random.chance(15)) ? [labels.length - 1 - i] : [],
      );
      const targets = Array.from({ length: random.below(6) }, () => random.pick(same));
      inner.push(...statements(context, depth - 2), ...operands(context, type.results, depth - 1), ...sub("i32"));
      inner.push(0x0e, ...u(targets.length), ...targets.flatMap(u), ...u(random.pick(same)));
      if (random.chance(40)) inner.push(...deadCode(context, depth - 1));
      labels.pop();
      inner.push(0x0b, ...statements(context, depth - 2));
      labels.pop();
      inner.push(0x0b, ...drops(type.results));
      return inner;
    }
    case 19:
      return [...sub(random.pick<Type>(["i32", "i64", "f64"])), 0x1a];
    case 20:
      return [0x01];
    case 21: {
      // an uncounted loop that ends by a data-dependent condition on a local that shrinks
      const local = context.newLocal("i32");
      const head = [...sub("i32"), 0x41, ...s(random.pick([7, 31, 63])), 0x71, ...set(local)];
      labels.push({ types: [], loop: true });
      context.kept.add(local);
      const body = statements(context, depth - 1);
      context.kept.delete(local);
      labels.pop();
      return [...head, 0x03, 0x40, ...body, 0x20, ...u(local), 0x41, 1, 0x76, 0x22, ...u(local), 0x0d, 0, 0x0b];
    }
    case 22:
      return random.chance(50) ? valueLoop(context, depth) : recursion(context, depth);
    default:
      return [...sub("i32"), ...set(context.local("i32", true))];
  }
}

/** A loop that carries a value: (param i32) (result i32), its branch back with the value on the stack. */
function valueLoop(context: FunctionContext, depth: number): number[] {
  const { random, world, labels } = context;
  const type = world.types.findIndex(
    ({ parameters, results }) => parameters.join() === "i32" && results.join() === "i32",
  );
  const local = context.newLocal("i32");
  const bound = [0x41, ...s(random.pick([1, 5, 10, 30]))];
  labels.push({ types: ["i32"], loop: true });
  context.kept.add(local);
  const body = statements(context, depth - 1);
  context.kept.delete(local);
  labels.pop();
  // value + 1, kept in a local, pushed again, compared
  const step = [
    0x41,
    1,
    0x6a,
    0x22,
    ...u(local),
    0x20,
    ...u(local),
    ...bound,
    random.pick([0x48, 0x49, 0x4c]),
    0x0d,
    0,
  ];
  return [
    0x41,
    ...s(random.pick([0, 1, 3, -4])),
    0x03,
    ...s(type),
    0x21,
    ...u(local),
    ...body,
    0x20,
    ...u(local),
    ...step,
    0x0b,
    0x1a,
  ];
}

/** Calls itself with a smaller first parameter. */
function recursion(context: FunctionContext, depth: number): number[] {
  const { random, labels, signature, index } = context;
  if (signature.parameters[0] !== "i32" || context.recursive || !random.chance(40)) return [0x01];
  context.recursive = true;
  labels.push({ types: [], loop: false });
  const rest = operands(context, signature.parameters.slice(1), depth);
  labels.pop();
  const call = [0x20, 0, 0x41, 1, 0x76, ...rest, 0x10, ...u(index), ...drops(signature.results)];
  return [0x20, 0, 0x04, 0x40, ...call, 0x0b];
}

function terminator(context: FunctionContext, depth: number): number[] {
  const { random, world, labels, signature } = context;
  switch (random.below(8)) {
    case 0:
      return random.chance(15) ? [0x00] : [0x01];
    case 1:
      return [...operands(context, signature.results, depth), 0x0f];
    case 2: {
      const same = world.functions.flatMap((t, i) =>
        (i > context.index || i < world.imported) && world.types[t]!.results.join() === signature.results.join()
          ? [i]
          : [],
      );
      if (!world.tailCalls || same.length === 0) return [0x01];
      return call(context, random.pick(same), depth - 1, true);
    }
    case 3: {
      if (world.exceptions === "none" || world.tags.length === 0) return [0x01];
      const tag = random.below(world.tags.length);
      return [...operands(context, world.types[world.tags[tag]!]!.parameters, depth), 0x08, ...u(tag)];
    }
    default: {
      const label = random.below(labels.length);
      const { types, loop } = labels.at(-1 - label)!;
      return loop ? [0x01] : [...operands(context, types, depth), 0x0c, ...u(label)];
    }
  }
}

function bulkStatement(context: FunctionContext, depth: number): number[] {
  const { random, world } = context;
  const address = world.memory64 ? "i64" : "i32";
  const length = (): number[] =>
    random.chance(85) ? context.address(random.below(200)) : expression(context, address, depth - 1);
  const small = (limit: number) => [0x41, ...s(random.chance(90) ? random.below(limit) : random.below(100000))];
  switch (random.below(9)) {
    case 0: // memory.copy
      return [
        ...context.address(random.below(60000)),
        ...context.address(random.below(60000)),
        ...length(),
        0xfc,
        10,
        0,
        0,
      ];
    case 1: // memory.fill
      return [
        ...context.address(random.below(60000)),
        ...expression(context, "i32", depth - 1),
        ...length(),
        0xfc,
        11,
        0,
      ];
    case 2: // memory.grow, mostly refused by the maximum
      return world.growth ? [...context.address(random.pick([0, 1, 1, 2, 5, 100])), 0x40, 0, 0x1a] : [0x01];
    case 3:
      if (world.dataSegments === 0) return [0x01];
      return [
        ...context.address(random.below(60000)),
        ...small(8),
        ...small(12),
        0xfc,
        8,
        ...u(random.below(world.dataSegments)),
        0,
      ];
    case 4:
      return world.dataSegments === 0 || random.chance(60) ? [0x01] : [0xfc, 9, ...u(random.below(world.dataSegments))];
    case 5: // table.copy
      return world.tableSize === 0 ? [0x01] : [...small(3), ...small(3), ...small(4), 0xfc, 14, 0, 0];
    case 6: // table.grow
      return world.tableSize === 0 || !world.growth ? [0x01] : [0xd0, 0x70, ...small(5), 0xfc, 15, 0, 0x1a];
    case 7: // table.fill beyond what calls use
      return world.tableSize === 0 ? [0x01] : [0x41, ...s(world.tableSize), 0xd0, 0x70, ...small(3), 0xfc, 17, 0];
    default:
      if (world.elementSegments === 0) return [0x01];
      return [
        0x41,
        ...s(world.tableSize),
        ...small(2),
        ...small(3),
        0xfc,
        12,
        ...u(random.below(world.elementSegments)),
        0,
      ];
  }
}

function exceptionStatement(context: FunctionContext, depth: number): number[] {
  const { random, world, labels } = context;
  if (world.exceptions === "none") return [0x01];
  if (world.tags.length === 0) return [0x01];
  const tag = random.below(world.tags.length);
  const payload = world.types[world.tags[tag]!]!.parameters;
  const throwing = (): number[] => {
    const condition = expression(context, "i32", depth - 1);
    labels.push({ types: [], loop: false });
    const values = operands(context, payload, depth - 1);
    labels.pop();
    return [...condition, 0x04, 0x40, ...values, 0x08, ...u(tag), 0x0b];
  };
  if (world.exceptions === "new") {
    const outer = blockType(world, [], payload);
    if (outer === null) return [0x01];
    const all = random.chance(30);
    // block (result payload): try_table (catch tag 0): …; payload; end. Clauses may also go further out, or back to a loop.
    labels.push({ types: payload, loop: false });
    const alike = labels.flatMap(({ types }, i) => (types.join() === payload.join() ? [labels.length - 1 - i] : []));
    labels.push({ types: [], loop: false });
    const body = [
      ...statements(context, depth - 1),
      ...(random.chance(70) ? throwing() : []),
      ...statements(context, depth - 2),
    ];
    labels.pop();
    const after = operands(context, payload, depth - 1);
    labels.pop();
    const target = random.chance(65) ? 0 : random.pick(alike);
    const clauses = all && payload.length === 0 ? [1, 2, ...u(target)] : [1, 0, ...u(tag), ...u(target)];
    return [0x02, ...outer, 0x1f, 0x40, ...clauses, ...body, 0x0b, ...after, 0x0b, ...drops(payload)];
  }
  labels.push({ types: [], loop: false });
  const body = [...statements(context, depth - 1), ...(random.chance(70) ? throwing() : [])];
  labels.pop();
  if (random.chance(15)) return [0x06, 0x40, ...body, 0x18, ...u(random.below(labels.length))];
  labels.push({ types: [], loop: false });
  const handler = statements(context, depth - 2);
  const again = random.chance(15) ? [...expression(context, "i32", 1), 0x04, 0x40, 0x09, 1, 0x0b] : [];
  const other = random.chance(40) ? [0x19, ...statements(context, depth - 2)] : [];
  labels.pop();
  return [0x06, 0x40, ...body, 0x07, ...u(tag), ...drops(payload), ...handler, ...again, ...other, 0x0b];
}
