/**
 * Job: the price of the start-up function that Wasmtime 50 makes up for a module (fuel of instantiation without what
 * the `start` function itself runs), from `environ/compile/module_environ.rs` and `cranelift/func_environ.rs`.
 * Never: share code with packages/instrument.
 */
import type { ElementSegment, Module } from "./decode.ts";
import type { Instruction } from "./instructions.ts";

const mostImageElements = 1024n * 1024n;
/** Images of memory larger than this must be at least half data. */
const sparseImage = 16n * 1024n * 1024n;

/** Without its `end`. */
const operators = (expression: readonly Instruction[]): number => expression.length - 1;

/** The single constant of an expression as an unsigned number; null if it is anything else. */
function constant(expression: readonly Instruction[], is64: boolean): bigint | null {
  const [first] = expression;
  if (expression.length !== 2 || first === undefined) return null;
  if (first.op === 0x41 && !is64) return BigInt(first.a >>> 0);
  return first.op === 0x42 && is64 && first.x?.kind === "value" ? BigInt.asUintN(64, first.x.value) : null;
}

const isNumber = (expression: readonly Instruction[]) =>
  expression.length === 2 && [0x41, 0x42, 0x43, 0x44, 0xfd00c].includes(expression[0]!.op);

/** What one expression costs: its operators, and the lengths of the arrays that it makes. */
function price(expression: readonly Instruction[]): number {
  let lengths = 0;
  expression.forEach(({ op }, i) => {
    // array.new, array.new_default: a constant length stands before them
    if (op === 0xfb006 || op === 0xfb007) lengths += expression[i - 1]!.a >>> 0;
  });
  return operators(expression) + lengths;
}

const items = (segment: ElementSegment) =>
  segment.indices ? 0 : segment.items.reduce((sum, item) => sum + price(item), 0);

export function startupPrice(module: Module): number {
  const imported = (kind: string) => module.imports.filter((entry) => entry.kind === kind).length;
  let exists = module.start !== null;
  let cost = module.start === null ? 0 : 1;
  const pay = (units: number) => {
    exists = true;
    cost += units;
  };
  for (const { initial } of module.globals) if (initial !== null && !isNumber(initial)) pay(price(initial));
  for (const segment of module.elements) if (segment.mode === "passive") pay(items(segment));
  for (const { initial, minimum } of module.tables) {
    if (initial === null) continue;
    if (initial.length === 2 && initial[0]!.op === 0xd2 && minimum <= mostImageElements) continue;
    pay(price(initial) + Number(minimum));
  }
  // Leading segments of functions at constant places in tables of our own become part of an image.
  let image = true;
  for (const segment of module.elements) {
    if (segment.mode !== "active") continue;
    const table = module.tables[segment.target]!;
    const offset = constant(segment.offset!, table.is64);
    const top = offset === null ? null : offset + BigInt(segment.items.length);
    const dynamic = table.initial !== null && !(table.initial[0]!.op === 0xd2 && table.minimum <= mostImageElements);
    image &&=
      segment.target >= imported("table") &&
      top !== null &&
      top <= table.minimum &&
      top <= mostImageElements &&
      / func$|ref null? ?\d+$|nofunc$/.test(table.type) &&
      segment.indices &&
      !dynamic;
    if (!image) pay(price(segment.offset!) + segment.items.length + items(segment));
  }
  const spans = dataSpans(module, imported("memory"));
  if (spans === null) {
    for (const { mode, offset, bytes } of module.data) if (mode === "active") pay(price(offset!) + bytes.length);
  } else {
    // Memories with an image need no start-up, but one without an image beside one that has it makes Wasmtime run it.
    const own = spans.slice(imported("memory"));
    if (own.some(({ bytes }) => bytes > 0n) && own.some(({ bytes }) => bytes === 0n)) pay(0);
  }
  return exists ? cost + 1 : 0;
}

/** What the active segments of each memory span, or null where Wasmtime cannot turn them into images. */
function dataSpans(module: Module, importedMemories: number) {
  const spans = module.memories.map(() => ({ from: 1n << 64n, to: 0n, bytes: 0n }));
  for (const { mode, target, offset, bytes } of module.data) {
    if (mode !== "active") continue;
    if (target < importedMemories) return null;
    const memory = module.memories[target]!;
    const start = constant(offset!, memory.is64);
    if (start === null || start + BigInt(bytes.length) > memory.minimum * 65536n) return null;
    if (bytes.length === 0) continue;
    const span = spans[target]!;
    span.bytes += BigInt(bytes.length);
    if (start < span.from) span.from = start;
    if (start + BigInt(bytes.length) > span.to) span.to = start + BigInt(bytes.length);
  }
  const dense = spans.every(({ from, to, bytes }) => bytes === 0n || to - from < bytes * 2n || to - from < sparseImage);
  return dense ? spans : null;
}
