/** Job: how often each component inside is instantiated, and which core modules its instances start. Never: follow indices (resolve.ts). */
import type { Component } from "./model.ts";
import { resolveComponent } from "./resolve.ts";

export interface Instances {
  readonly count: number;
  /** Numbers of the core modules that an instance starts, in order; equal lists once. */
  readonly started: readonly (readonly number[])[];
}

/** Of every component that is instantiated. */
export function countInstances(outermost: Component): ReadonlyMap<Component, Instances> {
  const found = new Map<Component, { count: number; started: Map<string, readonly number[]> }>();
  resolveComponent(outermost, (component, started) => {
    const entry = found.get(component) ?? { count: 0, started: new Map() };
    entry.count++;
    entry.started.set(started.join(), started);
    found.set(component, entry);
  });
  return new Map(
    [...found].map(([component, { count, started }]) => [component, { count, started: [...started.values()] }]),
  );
}
