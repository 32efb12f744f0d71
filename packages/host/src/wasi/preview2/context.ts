/** Job: what every group of preview2 interfaces works with, and how results are written. Never: an interface. */
import type { ComponentValue, VariantValue } from "../../component/value.ts";
import type { Kernel } from "../kernel.ts";
import type { HostCalls } from "./calls.ts";
import type { Held } from "./held.ts";
import type { Preview2Services } from "./services.ts";
import type { Waits } from "./waits.ts";

export interface Context {
  readonly kernel: Kernel;
  readonly services: Preview2Services;
  readonly calls: HostCalls;
  readonly waits: Waits;
  readonly held: Held;
}

/** A function with the types that its WIT promises; the linker has lifted exactly those. */
export type Typed = (...args: never[]) => ComponentValue | undefined;

export interface Part {
  /** By WIT name, as in `HostInstance`. */
  readonly functions: Readonly<Record<string, Typed>>;
  /** Names of resource types, and how one ends. */
  readonly resources?: Readonly<Record<string, (object: never) => void>>;
}

/** Interface name without version → what stands behind it. */
export type Group = (context: Context) => Readonly<Record<string, Part>>;

export type Result = VariantValue & { readonly tag: "ok" | "err" };

export const ok = (val?: ComponentValue): Result => (val === undefined ? { tag: "ok" } : { tag: "ok", val });
export const err = (val?: ComponentValue): Result => (val === undefined ? { tag: "err" } : { tag: "err", val });

/** For a resource that holds nothing. */
export const nothing = (): void => {};
