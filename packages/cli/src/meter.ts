/** Job: from a command's bytes and options to a metered, validated module. Never: read or write files. */
import { failer, parseCompute, parseSize } from "@capsule-run/host";
import { type Instrumented, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import type { ComponentReport } from "@capsule-run/instrument/component";
import { UsageError } from "./errors.ts";

export interface MeterFlags {
  readonly global?: string | undefined;
  readonly fuel?: string | undefined;
  readonly "max-memory"?: string | undefined;
  readonly optimize?: boolean | undefined;
}

export interface Metered extends Instrumented {
  /** Null for a module. */
  readonly component: ComponentReport | null;
  readonly options: InstrumentOptions;
  readonly optimized: boolean;
  /** Milliseconds, reading and writing of files not included. */
  readonly time: number;
}

export async function meter(input: Uint8Array, name: string, flags: MeterFlags): Promise<Metered> {
  const begin = performance.now();
  let module = await binaryOf(input, name);
  const components = await import("@capsule-run/instrument/component");
  if (components.isComponent(module)) {
    const options = componentOptions(flags);
    const { bytes, report } = components.instrumentComponent(module, options);
    const time = performance.now() - begin;
    for (const core of components.decodeComponent(bytes).modules) holdValid(core, name);
    return { bytes, report, component: report, options: { ...options, global: "export" }, optimized: false, time };
  }
  const options = instrumentOptions(flags);
  if (flags.optimize) {
    const { optimize } = await import("@capsule-run/instrument/binaryen");
    module = await optimize(module);
  }
  const metered = instrument(module, options);
  const time = performance.now() - begin;
  holdValid(metered.bytes, name);
  return { ...metered, component: null, options, optimized: flags.optimize === true, time };
}

function holdValid(bytes: Uint8Array, name: string): void {
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>))
    throw new Error(`the metered form of ${JSON.stringify(name)} is not valid; nothing was written`);
}

/** A module by its first bytes, else text: what a file is called says less than what it holds. */
export async function binaryOf(input: Uint8Array, name: string): Promise<Uint8Array> {
  if (isBinary(input)) return input;
  if (name.endsWith(".wasm")) return input; // not one, and the instrumenter says at which byte
  const { parseText } = await import("@capsule-run/instrument/text");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(input);
  } catch {
    throw new UsageError(`${JSON.stringify(name)} is neither a WebAssembly module nor UTF-8 text`);
  }
  return parseText(text, { name: name === "-" ? "standard input" : name });
}

function isBinary(bytes: Uint8Array): boolean {
  return bytes[0] === 0x00 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

function instrumentOptions(flags: MeterFlags): InstrumentOptions {
  const { fuel, global = fuel === undefined ? "import" : "export", "max-memory": maxMemory } = flags;
  if (global !== "import" && global !== "export") return failer(null, "--global", global)("import or export");
  if (global === "import" && fuel !== undefined)
    throw new UsageError("--fuel is the budget of an exported counter; an imported one gets its budget from the host");
  if (global === "export" && fuel === undefined)
    throw new UsageError("--global export needs --fuel N: the budget that the module starts with");
  return {
    global,
    ...(fuel === undefined ? {} : { fuel: budget(fuel) }),
    ...maximum(maxMemory),
  };
}

/** A component brings its counter along: there is nothing that a host could give it. */
function componentOptions({ fuel, global, "max-memory": maxMemory, optimize }: MeterFlags) {
  if (global !== undefined && global !== "export")
    throw new UsageError("a component cannot import its counter: leave --global out, and give --fuel N");
  if (optimize)
    throw new UsageError("--optimize is for modules: optimise a component's modules before they are put together");
  if (fuel === undefined)
    throw new UsageError("a component carries its budget: say how much with --fuel N, such as --fuel MEDIUM");
  return { fuel: budget(fuel), ...maximum(maxMemory) };
}

const budget = (fuel: string): bigint => parseCompute(fuel, failer(null, "--fuel", fuel));

const maximum = (size: string | undefined) =>
  size === undefined ? {} : { maxMemory: parseSize(size, failer(null, "--max-memory", size)) };
