/**
 * Job: meter every core module of a component with the host's options, and say what the host must know of the whole: what it
 * is made of, which modules are instantiated how often.
 * Never: files, caches, threads; types, which the linker compares.
 */
import { type Component, decodeComponent } from "@capsule-run/instrument/component";
import { ComponentError, coreInstantiations } from "../../component/index.ts";
import { CapsuleError } from "../../errors.ts";
import { stringifyJson } from "../../json.ts";
import { quote } from "../../policy/problem.ts";
import type { MemoryShape } from "../../worker/protocol.ts";
import { meterOne, namingErrors, structureOf } from "../metering.ts";
import { mostElements } from "../structure.ts";
import { readWorld } from "./world/read.ts";

/** Instances of core modules. Those that tools make have up to about sixty. */
const mostInstances = 1_000;
/** Definitions that are carried out over all nested instances; the host's own thread follows them too. */
const mostDefinitions = 100_000;
/** The definitions as JSON: they go to a thread with each run. */
const mostModelLength = 8 * 1024 * 1024;

/** One core module, metered. */
export interface PartShape {
  readonly startFuel: bigint;
  /** By index; also those that it imports from another module of the component. */
  readonly memories: readonly MemoryShape[];
  readonly functions: number;
  readonly checks: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface ComponentShape {
  /** JSON text of the component's model. */
  readonly model: string;
  /** By number. */
  readonly modules: readonly PartShape[];
  /** Numbers of modules, in the order in which they are instantiated. */
  readonly instances: readonly number[];
  /** Any of them can make exceptions. */
  readonly canThrow: boolean;
}

export interface MeteredComponent {
  /** The metered modules, one behind the other. */
  readonly bytes: Uint8Array;
  readonly shape: ComponentShape;
}

/**
 * @param path how errors call the component
 * @throws CapsuleError `build_error`
 */
export function meterComponent(bytes: Uint8Array, path: string): MeteredComponent {
  const name = quote(path);
  return namingErrors(name, () => {
    const { component, modules } = decodeComponent(bytes);
    const instances = instancesOf(component, name);
    // Refused here, where time and memory are bounded, and not on the host's own thread.
    readWorld(component);
    const structures = modules.map((module, number) => structureOf(module, partName(name, number)));
    // What one module throws another may keep: they share the thread's heap.
    const canThrow = structures.some((structure) => structure?.canThrow ?? true);
    const elements = instances.reduce((sum, number) => sum + (structures[number]?.elements ?? 0), 0);
    if (elements > mostElements)
      throw refuse(name, `has tables of ${elements} elements together; at most ${mostElements} are run here`);
    const share = Math.floor((mostElements - elements) / Math.max(1, instances.length));
    const metered = modules.map((module, number) => {
      const structure = structures[number] ?? null;
      const own = structure?.elements ?? 0;
      const part = partName(name, number);
      return namingErrors(part, () => meterOne(module, part, structure, canThrow ? own : own + share));
    });
    const model = stringifyJson(component, "component");
    if (model.length > mostModelLength)
      throw refuse(
        name,
        `is made of ${model.length} characters of definitions; at most ${mostModelLength} are run here`,
      );
    const shapes = metered.map(
      ({ report: { startFuel, functions, checks, bytesBefore, bytesAfter, memories } }): PartShape => ({
        startFuel,
        memories: memories.map(({ minimumPages, maximumPages, memory64 }) => ({
          minimumPages,
          maximumPages,
          memory64,
        })),
        functions,
        checks,
        bytesBefore,
        bytesAfter,
      }),
    );
    return {
      bytes: Buffer.concat(metered.map((part) => part.bytes)),
      shape: { model, modules: shapes, instances, canThrow },
    };
  });
}

function instancesOf(component: Component, name: string): readonly number[] {
  try {
    return coreInstantiations(component, {
      coreInstances: mostInstances,
      instances: mostInstances,
      definitions: mostDefinitions,
    });
  } catch (error) {
    if (!(error instanceof ComponentError)) throw error;
    throw new CapsuleError("build_error", `${name}: ${error.message}`, { cause: error });
  }
}

const partName = (name: string, number: number) => `${name}, core module ${number}`;
const refuse = (name: string, problem: string) => new CapsuleError("build_error", `${name} ${problem}`);
