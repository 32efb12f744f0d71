/**
 * Job: functions at the border of a component: canon lift, canon lower, and the resource built-ins.
 * Source: CanonicalABI.md, "Canonical Definitions", the synchronous part.
 * Never: look up an index (see link/).
 */
import { Context, type ContextOptions } from "./abi/context.ts";
import { type CoreFunction, type CoreValue, callCore, unsigned } from "./abi/core.ts";
import type { Signature } from "./abi/signature.ts";
import type { FunctionType } from "./abi/types.ts";
import { ComponentError, trap } from "./errors.ts";
import { type BorrowScope, Handle, type ResourceType } from "./resources.ts";
import { enter, enteringSet, type InstanceState, leave, related, type Store } from "./store.ts";
import { throwUncatchable } from "./uncatchable.ts";
import type { ComponentValue, HostFunction } from "./value.ts";

/** Gets the result while the callee can still take back its memory; what it returns is the call's. */
export interface Receiver {
  receive(value: ComponentValue | undefined, address: number): CoreValue | undefined;
}

/** A function of a component, or of the host. */
export interface ComponentFunction {
  readonly type: FunctionType;
  /** Whose it is; null: the host's. */
  readonly instance: InstanceState | null;
  call(
    entering: readonly InstanceState[],
    values: readonly ComponentValue[],
    receiver: Receiver,
    address: number,
  ): CoreValue | undefined;
}

export interface LiftOptions extends ContextOptions {
  readonly postReturn: CoreFunction | null;
}

/** A core function as a function of its component. */
export function liftFunction(
  store: Store,
  instance: InstanceState,
  core: CoreFunction,
  type: FunctionType,
  options: LiftOptions,
): ComponentFunction {
  const signature = store.codecs.signature(type);
  requireOptions(store, signature, "lift", options);
  requireParameters(store, core, signature.coreParameters, "a lifted function");
  if (options.postReturn) requireParameters(store, options.postReturn, signature.coreResults, "a post-return");
  const context = new Context(store, instance, options);
  const { postReturn } = options;
  return {
    type,
    instance,
    call(entering, values, receiver, address) {
      enter(entering);
      const scope: BorrowScope | null = signature.borrows ? { borrows: 0, lenders: [] } : null;
      context.refresh();
      context.scope = scope;
      const flat = signature.lowerParameters(context, values);
      context.scope = null;
      const raw = callCore(core, flat);
      context.refresh();
      store.beginLift();
      const result = signature.liftResult(context, raw);
      if (scope) endScope(scope);
      const received = receiver.receive(result, address);
      if (postReturn) {
        instance.mayLeave = false;
        callCore(postReturn, raw === undefined ? [] : [raw]);
        instance.mayLeave = true;
      }
      leave(entering);
      return received;
    },
  };
}

function endScope(scope: BorrowScope): void {
  if (scope.borrows > 0) trap(`a call returns with ${scope.borrows} borrowed handles that it has not dropped`);
  for (const lender of scope.lenders) lender.giveBack();
}

/** A function of the host's as a function that components can import. */
export function hostFunction(type: FunctionType, call: HostFunction): ComponentFunction {
  return {
    type,
    instance: null,
    call: (_, values, receiver, address) => receiver.receive(call(...values), address),
  };
}

/** A function as a core function that this instance's core modules can import. */
export function lowerFunction(
  store: Store,
  instance: InstanceState,
  callee: ComponentFunction,
  options: ContextOptions,
): CoreFunction {
  const signature = store.codecs.signature(callee.type);
  requireOptions(store, signature, "lower", options);
  const context = new Context(store, instance, options);
  const entering = callee.instance ? enteringSet(callee.instance, instance) : [];
  const inside = callee.instance !== null && related(callee.instance, instance);
  const { borrows, resultInMemory } = signature;
  const receiver: Receiver = {
    receive(value, address) {
      context.refresh();
      const flat = signature.lowerResult(context, value, address);
      return flat;
    },
  };
  return (...flat) => {
    try {
      store.alive();
      if (!instance.mayLeave) trap("a component calls out of realloc or post-return");
      if (inside) trap("a component instance is entered from one that it holds, or that holds it");
      context.refresh();
      const values = flat as CoreValue[];
      const address = resultInMemory ? unsigned(values.pop()) : 0;
      store.beginLift();
      if (!borrows) {
        const lifted = signature.liftParameters(context, values);
        const result = callee.call(entering, lifted, receiver, address);
        // The host may have called in again, failed, and kept it to itself.
        if (store.failure) throw store.failure.reason;
        return result;
      }
      const lent: Handle[] = [];
      const borrowed: Context["borrowed"] = [];
      context.lent = lent;
      context.borrowed = borrowed;
      const lifted = signature.liftParameters(context, values);
      context.lent = context.borrowed = null;
      const result = callee.call(entering, lifted, receiver, address);
      for (const handle of lent) handle.lends--;
      for (const resource of borrowed) resource.expire();
      if (store.failure) throw store.failure.reason;
      return result;
    } catch (error) {
      store.failure ??= { reason: error };
      return throwUncatchable();
    }
  };
}

/** All that the JavaScript API tells of a core function's type; the border's own functions take what comes. */
function requireParameters(store: Store, core: CoreFunction, count: number, what: string): void {
  if (store.border.has(core) || core.length === count) return;
  throw new ComponentError(
    "invalid_component",
    `${what} takes ${core.length} core values, where its component's type says ${count}`,
  );
}

function requireOptions(store: Store, signature: Signature, side: "lift" | "lower", options: ContextOptions): void {
  if (options.realloc) requireParameters(store, options.realloc, 4, "a realloc");
  const { memory, realloc } = signature.needs(side);
  if (memory && !options.memory)
    throw new ComponentError("invalid_component", `canon ${side} of a function whose values need a memory has none`);
  if (realloc && !options.realloc)
    throw new ComponentError("invalid_component", `canon ${side} of a function whose values need a realloc has none`);
}

export function resourceNew(store: Store, instance: InstanceState, type: ResourceType): CoreFunction {
  if (type.owner !== instance)
    throw new ComponentError("invalid_component", "resource.new of a resource that another component defines");
  return (representation) =>
    guarded(store, () => {
      if (!instance.mayLeave) trap("resource.new is called in realloc or post-return");
      return instance.handles.add(new Handle(type, unsigned(representation) | 0, null));
    });
}

export function resourceRep(store: Store, instance: InstanceState, type: ResourceType): CoreFunction {
  if (type.owner !== instance)
    throw new ComponentError("invalid_component", "resource.rep of a resource that another component defines");
  return (index) => guarded(store, () => instance.handles.get(unsigned(index), type).representation as number);
}

export function resourceDrop(store: Store, instance: InstanceState, type: ResourceType): CoreFunction {
  return (index) =>
    guarded(store, () => {
      if (!instance.mayLeave) trap("resource.drop is called in realloc or post-return");
      const { scope, representation } = instance.handles.remove(unsigned(index), type);
      if (scope) scope.borrows--;
      else if (type.owner) type.destroy(representation as number, instance);
      else type.host.drop(representation as object);
      return undefined;
    });
}

/** What ends a resource of this instance: its destructor, entered like any function. */
export function destroyer(store: Store, owner: InstanceState, destructor: CoreFunction | null) {
  if (destructor) requireParameters(store, destructor, 1, "a destructor");
  return (representation: number, caller: InstanceState | null): void => {
    const end = () => {
      const entering = enteringSet(owner, caller);
      enter(entering);
      if (destructor) callCore(destructor, [representation]);
      leave(entering);
    };
    if (caller) end();
    else store.run(end);
  };
}

/** Core functions are called by a guest: what they throw must not come back to it. */
function guarded(store: Store, call: () => CoreValue | undefined): CoreValue | undefined {
  try {
    store.alive();
    const result = call();
    if (store.failure) throw store.failure.reason;
    return result;
  } catch (error) {
    store.failure ??= { reason: error };
    return throwUncatchable();
  }
}
