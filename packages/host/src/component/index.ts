/** Job: the door to running components: instantiate, what it needs, what it gives. Never: code of its own. */
export type { Case, Field, FunctionType, Type, TypeShape } from "./abi/types.ts";
export { ComponentError, type ComponentErrorCode, ComponentTrap, ComponentValueError } from "./errors.ts";
export {
  type ComponentExport,
  type ComponentInstance,
  type ExportedFunction,
  type InstantiateOptions,
  instantiate,
} from "./instantiate.ts";
export { type ComponentLimits, defaultLimits } from "./limits.ts";
export type { World } from "./link/promise.ts";
export type { Resolve, Wanted, WantedInstance } from "./link/supplier.ts";
export { byName, compatibleRange } from "./names.ts";
export { coreInstantiations } from "./plan.ts";
export { GuestResource, type ResourceType } from "./resources.ts";
export type * from "./value.ts";
