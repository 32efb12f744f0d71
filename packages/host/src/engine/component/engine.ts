/**
 * Job: the engine of components: meter their core modules, cache, compile, and say what can be called.
 * Never: link or run one (see component/ and worker/inside/component.ts).
 */
import type { Component } from "@capsule-run/instrument/component";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { ComponentCall, CoreModuleInput, MemoryShape } from "../../worker/protocol.ts";
import { commandArguments } from "../arguments.ts";
import type {
  Call,
  ComponentFacts,
  Engine,
  EngineContext,
  EngineJob,
  Parts,
  Program,
  SourceFile,
} from "../interface.ts";
import { meteredKey, meterParts } from "../meter.ts";
import { callName, choice, commandInterface, commandOf, findFunction, runnerInterface, runnerOf } from "./exports.ts";
import { factsOf } from "./facts.ts";
import { fitArguments } from "./fit.ts";
import { checkImports } from "./given.ts";
import type { ComponentShape } from "./metering.ts";
import { parseArguments } from "./wave/parse.ts";
import { readWorld } from "./world/read.ts";
import type { World } from "./world/types.ts";

const pageBytes = 65_536;
/** Of what fuel means for a component (SPEC.md). */
const fuelVersion = "1";
const mostKnown = 32;
/** Contents that are kept to be compared. */
const mostKept = 8;
/** Each takes 8 GiB of the process's address space. */
const mostMemories = 100;

/** One per host: what it has compiled is shared by all runs of the same file. */
export function componentEngine(): Engine {
  /** The components used last, by their key: a file that runs again is not compiled again. */
  const known = new Map<string, Promise<Compiled>>();
  /** The latest content of a path with its key: comparing 18 MB takes a tenth of hashing them. */
  const keys = new Map<string, { readonly bytes: Uint8Array; readonly key: string }>();
  const keyOf = ({ path, bytes }: SourceFile): string => {
    const latest = keys.get(path);
    if (latest !== undefined && Buffer.compare(latest.bytes, bytes) === 0) return latest.key;
    const key = meteredKey(bytes, "component");
    remember(keys, path, { bytes, key }, mostKept);
    return key;
  };
  const engine: Engine = {
    name: "component",
    extensions: [".wasm"],
    async prepare(source, context) {
      const key = keyOf(source);
      const making = known.get(key) ?? compile(key, source, context);
      remember(known, key, making, mostKnown);
      making.catch(() => known.delete(key));
      return new ComponentProgram(source, key, await making);
    },
    restore: ({ entry, files }, context) => engine.prepare({ path: entry, bytes: files.get(entry)! }, context),
  };
  return engine;
}

/** The map's order is that of use; the oldest goes. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

interface Compiled {
  readonly component: Component;
  readonly world: World;
  readonly shape: ComponentShape;
  readonly modules: readonly CoreModuleInput[];
  /** Of all instances, in the order in which they are made. */
  readonly memories: readonly MemoryShape[];
  readonly startFuel: bigint;
}

async function compile(key: string, source: SourceFile, context: EngineContext): Promise<Compiled> {
  const { modules: metered, shape } = await meterParts(source.bytes, source, context, key);
  const component = JSON.parse(shape.model) as Component;
  // Nothing is refused here: the metering has read it before.
  const world = readWorld(component);
  let compiled: WebAssembly.Module[];
  try {
    compiled = await Promise.all(metered.map((bytes) => WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>)));
  } catch (error) {
    // The instrumenter validates what it reads and what it writes: this is ours.
    throw new CapsuleError("internal_error", `the metered form of ${quote(source.path)} does not compile: ${error}`);
  }
  const modules = compiled.map((module) => ({ module, memories: ownMemories(module) }));
  const memories = shape.instances.flatMap((number) =>
    modules[number]!.memories.map((index) => shape.modules[number]!.memories[index]!),
  );
  if (memories.length > mostMemories)
    throw new CapsuleError(
      "build_error",
      `${quote(source.path)} has ${memories.length} memories, all instances together; at most ${mostMemories} are run here`,
    );
  const startFuel = shape.instances.reduce((sum, number) => sum + shape.modules[number]!.startFuel, 0n);
  return { component, world, shape, modules, memories, startFuel };
}

/** Indices of the memories that the host gives; others come from another module of the component. */
function ownMemories(module: WebAssembly.Module): number[] {
  return WebAssembly.Module.imports(module).flatMap(({ module: from, name, kind }) =>
    from === "capsule" && kind === "memory" ? [Number(name.slice("memory".length))] : [],
  );
}

/** A run's own module: the driver instantiates those of the input. */
const noModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

class ComponentProgram implements Program {
  readonly engine = { name: "component", version: fuelVersion };
  readonly identity: string;
  readonly minimumMemoryBytes: number;
  readonly takesAnyTask: boolean;
  readonly #source: SourceFile;
  readonly #compiled: Compiled;

  constructor(source: SourceFile, key: string, compiled: Compiled) {
    this.#source = source;
    this.#compiled = compiled;
    this.identity = key;
    this.takesAnyTask = runnerOf(compiled.world) !== null;
    this.minimumMemoryBytes = compiled.memories.reduce((sum, memory) => sum + memory.minimumPages * pageBytes, 0);
  }

  discovery(): null {
    return null;
  }

  world(): ComponentFacts {
    const { component, world, shape, memories, startFuel } = this.#compiled;
    return factsOf(component, world, shape, memories, startFuel);
  }

  parts(): Parts {
    const { path, bytes } = this.#source;
    const entry = path.split(/[\\/]/).at(-1)!;
    return { entry, files: new Map([[entry, bytes]]) };
  }

  job(call: Call): EngineJob {
    const { modules, memories, startFuel, shape, world } = this.#compiled;
    checkImports(world, this.#source.path);
    return {
      module: noModule,
      memories,
      startFuel,
      canThrow: shape.canThrow,
      input: { engine: "component", model: shape.model, modules, call: this.#call(call) },
      mounts: [],
      preopens: ["/"],
      preopensGrants: true,
      args: [this.#source.path.split(/[\\/]/).at(-1)!, ...commandArguments(call.args)],
      env: [],
    };
  }

  #call({ entry, args, kwargs }: Call): ComponentCall {
    const { world } = this.#compiled;
    const runner = runnerOf(world);
    const task = (name: string): ComponentCall => {
      if (runner?.interface == null)
        throw invalid(
          `the component has no tasks such as ${quote(name)}: it does not export ${runnerInterface}; ${choice(world)}`,
        );
      const request = `{"task_name":${JSON.stringify(name)},"args":${args},"kwargs":${kwargs}}`;
      return { kind: "task", interface: runner.interface, request };
    };
    switch (entry.kind) {
      case "task":
        return task(entry.name);
      case "main":
        return task("main");
      case "script": {
        const command = commandOf(world);
        if (command?.interface != null) return { kind: "command", interface: command.interface };
        if (runner !== null) return task("main");
        throw invalid(this.#noEntry());
      }
      case "export": {
        const found = findFunction(world, entry.name);
        const { parameters } = found.function;
        const values =
          typeof entry.args === "string"
            ? parseArguments(entry.args, parameters, callName(found))
            : fitArguments(entry.args, parameters, callName(found));
        return { kind: "function", interface: found.interface, name: found.name, args: values };
      }
    }
  }

  #noEntry(): string {
    const { world } = this.#compiled;
    const serves = [...world.exports.keys()].find((name) => name.startsWith("wasi:http/incoming-handler"));
    if (serves !== undefined)
      return `the component exports ${quote(serves)}: it answers requests, and nothing here sends it any; ${choice(world)}`;
    return `the component is no command: it exports neither ${commandInterface} nor ${runnerInterface}; call a function with --invoke: ${choice(world)}`;
  }
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
