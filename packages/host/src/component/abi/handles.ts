/**
 * Job: owned and borrowed resources: handles on the guest's side, objects on the other.
 * Source: CanonicalABI.md, lift_own, lift_borrow, lower_own, lower_borrow.
 * Never: run destructors.
 */
import { GuestResource, Handle, type ResourceType } from "../resources.ts";
import type { ComponentValue } from "../value.ts";
import type { Codec } from "./codec.ts";
import type { Context } from "./context.ts";
import { unsigned } from "./core.ts";
import { mismatch } from "./expect.ts";

export function handleCodec(kind: "own" | "borrow", type: ResourceType): Codec {
  const lift = kind === "own" ? liftOwn : liftBorrow;
  const lower = kind === "own" ? lowerOwn : lowerBorrow;
  return {
    load: (context, at) => lift(context, context.view.getUint32(at, true), type),
    store: (context, value, at) => context.view.setUint32(at, lower(context, value, type), true),
    lift: (context, flat, at) => lift(context, unsigned(flat[at]), type),
    lower: (context, value, flat) => flat.push(lower(context, value, type)),
  };
}

function liftOwn(context: Context, index: number, type: ResourceType): object {
  const { representation } = context.instance.handles.removeOwned(index, type);
  return type.owner ? new GuestResource(type, representation as number, true) : (representation as object);
}

function liftBorrow(context: Context, index: number, type: ResourceType): object {
  const { representation } = context.lend(index, type);
  if (!type.owner) return representation as object;
  const resource = new GuestResource(type, representation as number, false);
  context.borrowed?.push(resource);
  return resource;
}

function lowerOwn(context: Context, value: ComponentValue, type: ResourceType): number {
  const representation = type.owner ? guest(value).take(type) : hosts(value);
  return context.instance.handles.add(new Handle(type, representation, null));
}

function lowerBorrow(context: Context, value: ComponentValue, type: ResourceType): number {
  if (!type.owner) return context.borrow(type, hosts(value));
  const resource = guest(value);
  const representation = resource.see(type);
  context.scope?.lenders.push(resource);
  resource.lend();
  return context.instance === type.owner ? representation : context.borrow(type, representation);
}

function guest(value: ComponentValue): GuestResource {
  return value instanceof GuestResource ? value : mismatch("a resource of the guest's", value);
}

function hosts(value: ComponentValue): object {
  return typeof value === "object" && value !== null ? value : mismatch("an object that stands for a resource", value);
}
