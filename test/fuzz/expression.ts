/** Job: emit an expression that pushes one value of a type. Never: branch out of itself, except through `statement`. */
import { u } from "../support/encode.ts";
import { call } from "./calls.ts";
import { blockType, constant, type FunctionContext, get, type Type, tee } from "./context.ts";
import { statements } from "./statement.ts";

/** Most of these cannot trap; division and truncation are rarer. */
const binary: Readonly<Record<Type, readonly number[]>> = {
  i32: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77],
  i64: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88],
  f64: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4],
};
const trapping: Readonly<Record<Type, readonly number[]>> = {
  i32: [0x6d, 0x6e, 0x6f, 0x70],
  i64: [0x7f, 0x80, 0x81, 0x82],
  f64: [0xa3],
};
const convert: Readonly<Record<Type, readonly (readonly [from: Type, op: readonly number[]])[]>> = {
  i32: [
    ["i64", [0xa7]],
    ["i32", [0x45]],
    ["i32", [0xc0]],
    ["i64", [0x50]],
    ["f64", [0xfc, 2]],
  ],
  i64: [
    ["i32", [0xac]],
    ["i32", [0xad]],
    ["i64", [0x79]],
    ["f64", [0xfc, 6]],
  ],
  f64: [
    ["i32", [0xb7]],
    ["i64", [0xb9]],
  ],
};

export function expression(context: FunctionContext, type: Type, depth: number): number[] {
  const { random, world } = context;
  context.room -= 1;
  if (depth <= 0 || context.room <= 0) return random.chance(50) ? constant(random, type) : get(context.local(type));
  const sub = (t: Type) => expression(context, t, depth - 1);
  switch (random.below(16)) {
    case 0:
      return constant(random, type);
    case 1:
    case 2:
      return get(context.local(type));
    case 3: {
      const globals = world.globals.flatMap((t, i) => (t === type ? [i] : []));
      return globals.length === 0 ? constant(random, type) : [0x23, ...u(random.pick(globals))];
    }
    case 4:
    case 5:
    case 6:
      return [...sub(type), ...sub(type), random.pick(binary[type])];
    case 7:
      return random.chance(25) ? [...sub(type), ...sub(type), random.pick(trapping[type])] : sub(type);
    case 8: {
      const [from, op] = random.pick(convert[type]);
      return [...sub(from), ...op];
    }
    case 9: {
      if (type === "i32") {
        const t = random.pick(["i32", "i64"] as const);
        return [...sub(t), ...sub(t), (t === "i32" ? 0x46 : 0x51) + random.below(10)];
      }
      return [...sub(type), ...tee(context.local(type, true))];
    }
    case 10:
      return [...sub(type), ...sub(type), ...sub("i32"), 0x1b];
    case 11: {
      const load = { i32: 0x28, i64: 0x29, f64: 0x2b }[type];
      const at = random.chance(90) ? context.address(random.below(65528)) : sub(world.memory64 ? "i64" : "i32");
      return [...at, load, 0, ...u(random.chance(90) ? 0 : random.below(100000))];
    }
    case 12: {
      const candidates = world.functions.flatMap((t, i) =>
        (i > context.index || i < world.imported) && world.types[t]!.results.join() === type ? [i] : [],
      );
      return candidates.length === 0 ? sub(type) : call(context, random.pick(candidates), depth - 1);
    }
    case 13: {
      // a block, loop or if with a result
      const kind = random.pick([0x02, 0x03, 0x04]);
      const condition = kind === 0x04 ? sub("i32") : [];
      const arm = () => {
        context.labels.push(kind === 0x03 ? { types: [], loop: true } : { types: [type], loop: false });
        const body = [...statements(context, depth - 2), ...sub(type)];
        context.labels.pop();
        return body;
      };
      return [
        ...condition,
        kind,
        ...blockType(world, [], [type])!,
        ...arm(),
        ...(kind === 0x04 ? [0x05, ...arm()] : []),
        0x0b,
      ];
    }
    case 14:
      return type === "i32" ? [0x3f, 0, ...(world.memory64 ? [0xa7] : [])] : sub(type);
    default:
      return type === "i32" && world.tableSize > 0 ? [0xfc, 16, 0] : sub(type);
  }
}
