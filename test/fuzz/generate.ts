/** Job: a valid module from a seed, for comparison between engines. Never: use anything but the seed. */
import { code, functionType, module, name, s, section, u, vector } from "../support/encode.ts";
import { constant, FunctionContext, get, type Signature, set, type Type, typeByte, type World } from "./context.ts";
import { expression } from "./expression.ts";
import { Random } from "./random.ts";
import { statements } from "./statement.ts";

const kinds: readonly Type[] = ["i32", "i32", "i32", "i64", "f64"];

const fixed: readonly Signature[] = [
  { parameters: ["i32"], results: [] },
  { parameters: [], results: ["i32"] },
  { parameters: ["i64", "f64"], results: ["i64"] },
  { parameters: [], results: [] },
  { parameters: [], results: ["i32", "i64"] },
  { parameters: ["i32", "i64"], results: [] },
  { parameters: ["i32"], results: ["i32"] },
];

export interface GenerateOptions {
  /** Legacy exceptions, which only some engines have. Default true. */
  readonly legacy?: boolean;
  /** Growth of memories and tables. Default true. */
  readonly growth?: boolean;
}

export function generate(
  seed: number,
  { legacy = true, growth = true }: GenerateOptions = {},
): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const types: Signature[] = [...fixed];
  const list = (limit: number) => Array.from({ length: random.below(limit) }, () => random.pick(kinds));
  for (let i = random.below(5); i > 0; i--) types.push({ parameters: list(4), results: list(3) });
  // Blocks that push a function's results need the type without parameters.
  for (const { results } of [...types])
    if (!types.some((t) => t.parameters.length === 0 && t.results.join() === results.join()))
      types.push({ parameters: [], results });
  const imported = 3;
  const functions = [0, 1, 2, ...Array.from({ length: 3 + random.below(6) }, () => random.below(types.length))];
  const own = functions.length - imported;
  const addressable = new Set(functions.flatMap((_, i) => (random.chance(i < imported ? 20 : 35) ? [i] : [])));
  // The last ones tend to be leaves; the first one is always called from outside.
  const exported = new Set(
    functions.flatMap((_, i) => (i === imported || random.chance(i < imported ? 25 : 35) ? [i] : [])),
  );
  const exceptions = random.pick(["none", "none", "new", "new", legacy ? "legacy" : "new"] as const);
  const world: World = {
    types,
    functions,
    imported,
    globals: Array.from({ length: random.below(5) }, () => random.pick(kinds)),
    tags: exceptions === "none" ? [] : [3, 0, 5],
    tableSize: random.chance(70) ? functions.length + 3 : 0,
    dataSegments: random.chance(60) ? 2 : 0,
    elementSegments: 0,
    exceptions,
    tailCalls: random.chance(40),
    functionReferences: random.chance(40),
    memory64: random.chance(15),
    growth,
    addressable,
    exported,
  };
  const full: World = { ...world, elementSegments: world.tableSize > 0 && random.chance(50) ? 1 : 0 };

  const bodies = Array.from({ length: own }, (_, i) => {
    const index = imported + i;
    const signature = types[functions[index]!]!;
    const context = new FunctionContext(random, full, signature, index, 30 + random.below(160));
    const body = random.chance(30) ? constantCost(context) : ordinary(context);
    return code(
      context.locals.slice(signature.parameters.length).map((type) => [1, typeByte[type]] as const),
      body,
    );
  });

  const bytes = (types: readonly Type[]) => types.map((type) => typeByte[type]);
  const start = random.chance(15) ? functions.findIndex((t, i) => i >= imported && t === 3) : -1;
  const exports = [
    ...[...exported].map((i) => [...name(`f${i}`), 0, ...u(i)]),
    ...(full.tableSize > 0 && random.chance(20) ? [[...name("t"), 1, 0]] : []),
    [...name("m"), 2, 0],
    ...full.globals.map((_, i) => [...name(`g${i}`), 3, ...u(i)]),
  ];
  const all = [...addressable];
  // An active segment for each entry, so that the holes stay null; declarations for what only ref.func names.
  const active = all.map((i) => [0, 0x41, ...s(i), 0x0b, ...vector([u(i)])]);
  const declared = [3, 0, ...vector(all.map((i) => u(i)))];
  const passive = full.elementSegments > 0 ? [[1, 0, ...vector(all.slice(0, 2).map((i) => u(i)))]] : [];
  return module([
    section(1, vector(types.map(({ parameters, results }) => functionType(bytes(parameters), bytes(results))))),
    section(2, vector([0, 1, 2].map((i) => [...name("h"), ...name(String(i)), 0, ...u(i)]))),
    section(3, vector(functions.slice(imported).map((t) => u(t)))),
    ...(full.tableSize > 0 ? [section(4, vector([[0x70, 1, ...u(full.tableSize), ...u(100)]]))] : []),
    section(5, vector([[full.memory64 ? 5 : 1, 1, 3]])),
    ...(full.tags.length > 0 ? [section(13, vector(full.tags.map((t) => [0, ...u(t)])))] : []),
    section(6, vector(full.globals.map((type) => [typeByte[type], 1, ...constant(random, type), 0x0b]))),
    section(7, vector(exports)),
    ...(start >= 0 ? [section(8, u(start))] : []),
    // Passive first: operators name it as segment 0.
    section(9, vector([...passive, ...(full.tableSize > 0 ? active : []), declared])),
    ...(full.dataSegments > 0 ? [section(12, u(2))] : []),
    section(10, vector(bodies)),
    ...(full.dataSegments > 0
      ? [
          section(
            11,
            vector([
              [1, ...name("abcdefgh")],
              [0, full.memory64 ? 0x42 : 0x41, ...s(64), 0x0b, ...name("hello")],
            ]),
          ),
        ]
      : []),
  ]);
}

function ordinary(context: FunctionContext): number[] {
  const out = [...statements(context, 5), ...statements(context, 5), ...statements(context, 4)];
  return [...out, ...context.signature.results.flatMap((type) => expression(context, type, 3))];
}

/** No loops, equal arms: what a clever meter charges to the caller. Now and then one arm is longer, or a call is in it. */
function constantCost(context: FunctionContext): number[] {
  const { random, signature, world } = context;
  const local = context.newLocal("i32");
  const work = (n: number): number[] => {
    const out: number[] = [];
    for (let i = 0; i < n; i++) out.push(...get(local), 0x41, ...s(random.below(50)), 0x6a, ...set(local));
    return out;
  };
  const out = work(1 + random.below(3));
  if (random.chance(60)) {
    const n = random.below(3);
    out.push(...get(local), 0x04, 0x40, ...work(n), 0x05, ...work(random.chance(80) ? n : n + 1), 0x0b);
  }
  const later = world.functions.flatMap((t, i) =>
    i > context.index && world.types[t]!.parameters.length === 0 ? [i] : [],
  );
  for (let i = random.below(3); i > 0 && later.length > 0; i--) {
    const callee = random.pick(later);
    out.push(0x10, ...u(callee), ...world.types[world.functions[callee]!]!.results.map(() => 0x1a));
  }
  return [...out, ...signature.results.flatMap((type) => constant(random, type))];
}
