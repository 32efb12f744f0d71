/**
 * Job: emit loops that look counted: every comparison, step and shape, some of them traps for whoever charges the
 * iterations beforehand (wraparound, off by one, a bound or a variable that the body changes, more than one exit).
 * Never: promise that they end.
 */
import { s, u } from "../support/encode.ts";
import { call } from "./calls.ts";
import { type FunctionContext, get, set, type Type, tee } from "./context.ts";
import { expression } from "./expression.ts";
import { statements } from "./statement.ts";

const add: Readonly<Record<"i32" | "i64", number>> = { i32: 0x6a, i64: 0x7c };
const subtract: Readonly<Record<"i32" | "i64", number>> = { i32: 0x6b, i64: 0x7d };
const compare: Readonly<Record<"i32" | "i64", number>> = { i32: 0x46, i64: 0x51 };
const isZero: Readonly<Record<"i32" | "i64", number>> = { i32: 0x45, i64: 0x50 };

const literal = (type: Type, value: number | bigint): number[] => [type === "i32" ? 0x41 : 0x42, ...s(value)];

export function countedLoop(context: FunctionContext, depth: number): number[] {
  const { random, world, labels } = context;
  const type = random.pick(["i32", "i32", "i64"] as const);
  const limit = type === "i32" ? [-0x80000000, 0x7fffffff] : [-(2n ** 63n), 2n ** 63n - 1n];
  const near = (value: number | bigint, by: number): number | bigint =>
    typeof value === "bigint" ? value + BigInt(by) : value + by;
  const small = () => random.pick([0, 0, 0, 1, 2, 3, 5, 9, 10, 16, 33, 60]);

  const parameter = context.signature.parameters.indexOf(type);
  // A parameter as it came in, with no start of our own, is as good a variable as any.
  const given = parameter >= 0 && !context.kept.has(parameter) && random.chance(12);
  const variable = given ? parameter : context.newLocal(type);
  const up = random.chance(65);
  const step = random.chance(92)
    ? random.pick([1, 1, 1, 1, 2, 3, 4, 7, 16])
    : random.pick([0x40000000, -1, 0, -0x80000000]);
  const start = (): number[] => {
    const kind = random.below(20);
    if (kind < 10) return literal(type, up ? small() : random.pick([5, 10, 17, 40]));
    if (kind < 13) return literal(type, up ? near(limit[1]!, -random.below(30)) : near(limit[0]!, random.below(30)));
    if (kind < 15) return literal(type, -random.below(20));
    return random.chance(60) ? get(context.local(type)) : expression(context, type, 1);
  };
  const boundLocal = context.newLocal(type);
  const boundKind = random.below(20);
  const boundValue = random.chance(90)
    ? literal(type, up ? random.pick([0, 1, 4, 9, 10, 11, 20, 50]) : small())
    : literal(type, random.chance(50) ? limit[1]! : limit[0]!);
  const between = random.chance(15) ? statements(context, depth - 1) : [];
  const prologue = [...(given ? [] : [...start(), ...set(variable)]), ...boundValue, ...set(boundLocal), ...between];
  const globals = world.globals.flatMap((t, i) => (t === type ? [i] : []));
  const parameters = context.signature.parameters.flatMap((t, i) => (t === type ? [i] : []));
  const bound = (): number[] => {
    if (boundKind < 9) return boundValue;
    if (boundKind < 14) return get(boundLocal);
    if (boundKind < 16 && globals.length > 0) return [0x23, ...u(random.pick(globals))];
    if (boundKind < 19 && parameters.length > 0) return get(parameters[0]!);
    return boundKind === 19 ? [...get(boundLocal), ...literal(type, 1), 0x1a] : get(boundLocal);
  };
  const theBound = bound();

  /** variable + step on the stack */
  const stepped = (): number[] => {
    const amount = literal(type, step);
    if (!up) return [...get(variable), ...amount, subtract[type]];
    if (random.chance(15)) return [...amount, ...get(variable), add[type]];
    if (random.chance(10)) return [...get(variable), ...literal(type, -step | 0), subtract[type]];
    if (random.chance(5)) return [...get(variable), ...get(boundLocal), add[type]];
    return [...get(variable), ...amount, add[type]];
  };
  /** Continue while this is true: mostly the comparison that fits the direction. */
  const operator = random.chance(80)
    ? random.pick(up ? [step === 1 ? 1 : 2, 2, 2, 3, 6, 7] : [step === 1 ? 1 : 4, 4, 4, 5, 8, 9])
    : random.below(10);
  const inverse = [1, 0, 8, 9, 6, 7, 4, 5, 2, 3][operator]!;
  const swapped = random.chance(10);
  const test = (value: readonly number[], which: number): number[] =>
    swapped ? [...theBound, ...value, compare[type] + which] : [...value, ...theBound, compare[type] + which];

  const strict = random.chance(75);
  if (strict) context.kept.add(variable).add(boundLocal);
  const body = (inBlock: boolean): number[] => {
    if (inBlock) labels.push({ types: [], loop: false });
    labels.push({ types: [], loop: true });
    const out: number[] = [];
    const kind = random.below(10);
    if (kind < 3) out.push(...get(variable), ...set(context.local(type, true)));
    else if (kind < 4) out.push(...someCall(context));
    else if (kind < 9) out.push(...statements(context, depth));
    // a second exit
    if (inBlock && random.chance(10))
      out.push(...get(variable), ...literal(type, random.below(12)), compare[type], 0x0d, 1);
    labels.pop();
    if (inBlock) labels.pop();
    return out;
  };
  const update = (): number[] => [...stepped(), ...set(variable)];
  const zeroTest = random.chance(up ? 4 : 30);
  let out: number[];
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2: {
      // do { … } while (++i < n)
      const next = random.chance(60) ? [...stepped(), ...tee(variable)] : [...update(), ...get(variable)];
      const condition = zeroTest
        ? random.chance(80)
          ? type === "i32"
            ? next
            : [...next, 0x50, 0x45]
          : [...next, isZero[type]]
        : test(next, operator);
      out = [0x03, 0x40, ...body(false), ...condition, 0x0d, 0, 0x0b];
      break;
    }
    case 3: {
      // do { old = i; i += step } while (old < n)
      const old = context.newLocal(type);
      out = [
        0x03,
        0x40,
        ...body(false),
        ...get(variable),
        ...set(old),
        ...update(),
        ...test(get(old), operator),
        0x0d,
        0,
        0x0b,
      ];
      break;
    }
    case 4:
    case 5: // while (i < n) { …; i += step }
      out = [
        0x02,
        0x40,
        0x03,
        0x40,
        ...test(get(variable), inverse),
        0x0d,
        1,
        ...body(true),
        ...update(),
        0x0c,
        0,
        0x0b,
        0x0b,
      ];
      break;
    case 6: {
      // for (;;) { i += step in the middle; if (i < n) continue; break }
      const first = body(false);
      out = [
        0x03,
        0x40,
        ...first,
        ...update(),
        ...(random.chance(50) ? body(false) : []),
        ...test(get(variable), operator),
        0x04,
        0x40,
        0x0c,
        1,
        0x0b,
        0x0b,
      ];
      break;
    }
    default: {
      // the step only under a condition, or twice
      const conditional = random.chance(40);
      const twice = conditional
        ? [...get(context.local("i32")), 0x04, 0x40, ...update(), 0x0b, ...update()]
        : [...update(), ...update()];
      out = [0x03, 0x40, ...body(false), ...twice, ...test(get(variable), operator), 0x0d, 0, 0x0b];
    }
  }
  context.kept.delete(variable);
  context.kept.delete(boundLocal);
  return [...prologue, ...out, ...(random.chance(50) ? [...get(variable), ...set(context.local(type, true))] : [])];
}

function someCall(context: FunctionContext): number[] {
  const { random, world } = context;
  const callees = world.functions.flatMap((_, i) =>
    i > context.index || (i < world.imported && random.chance(30)) ? [i] : [],
  );
  if (callees.length === 0) return [];
  const callee = random.pick(callees);
  return [...call(context, callee, 1), ...world.types[world.functions[callee]!]!.results.map(() => 0x1a)];
}
