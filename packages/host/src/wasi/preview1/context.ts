/** Job: what every group of preview1 functions works with. Never: behaviour. */
import type { Kernel } from "../kernel.ts";
import type { Handles } from "./handles.ts";
import type { GuestMemory } from "./memory.ts";

export interface Context {
  readonly kernel: Kernel;
  readonly memory: GuestMemory;
  readonly handles: Handles;
}

/** Takes WebAssembly numbers (i32 as a signed number, i64 as a signed bigint); faults are thrown. */
export type HostFunction = (...values: never[]) => void;

export type Group = (context: Context) => Readonly<Record<string, HostFunction>>;
