/**
 * Job: what is asked of every engine in the same words, and how values travel to those in other processes: JSON, with 64-bit
 * integers as strings and flags as the sorted names of those that are set.
 * Never: run anything.
 */
import type { Type } from "../../../packages/host/src/component/abi/types.ts";
import type { ComponentValue } from "../../../packages/host/src/component/value.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface Call {
  /** Of the interface; "drop" ends the handle that is its argument. */
  readonly name: string;
  /** `{"handle": name}` stands for what an earlier call kept. */
  readonly args: readonly Json[];
  /** The result is a handle, kept by this name. */
  readonly keep?: string;
}

export interface CallsTrial {
  readonly kind: "calls";
  readonly component: string;
  readonly interface: string;
  readonly calls: readonly Call[];
  readonly fuel: boolean;
  /** The component was metered by `instrumentComponent`: ask what remains. */
  readonly counter: boolean;
}

export interface CommandTrial {
  readonly kind: "command";
  readonly component: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** On the host, and as the guest sees it. */
  readonly folder: string | null;
  readonly guestFolder: string;
  readonly fuel: boolean;
  readonly counter: boolean;
}

export interface CallsAnswer {
  readonly results: readonly Json[];
  /** Of each call; null where the engine does not count. */
  readonly fuel: readonly (string | null)[];
  /** What the host's `desk` was told. */
  readonly log: readonly string[];
  readonly remaining?: string;
}

export interface CommandAnswer {
  /** Null: it trapped. */
  readonly code: number | null;
  readonly trap: string | null;
  readonly fuel: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly remaining?: string | null;
}

export function fromJson(type: Type, json: Json): ComponentValue {
  switch (type.kind) {
    case "u64":
    case "s64":
      return BigInt(json as string);
    case "list": {
      const items = (json as Json[]).map((item) => fromJson(type.element, item));
      return type.element.kind === "u8" ? Uint8Array.from(items as number[]) : items;
    }
    case "tuple":
      return type.elements.map((element, i) => fromJson(element, (json as Json[])[i]!));
    case "record":
      return Object.fromEntries(type.fields.map(({ name, type: of }) => [name, fromJson(of, part(json, name))]));
    case "flags":
      return Object.fromEntries(type.names.map((name) => [name, (json as string[]).includes(name)]));
    case "option":
      if (json === null) return null;
      return type.element.kind === "option"
        ? { some: fromJson(type.element, part(json, "some")) }
        : fromJson(type.element, json);
    case "variant":
    case "result": {
      const tag = part(json, "tag") as string;
      const of = caseOf(type, tag);
      return of === null ? { tag } : { tag, val: fromJson(of, part(json, "val")) };
    }
    default:
      return json as ComponentValue;
  }
}

export function toJson(type: Type, value: ComponentValue): Json {
  switch (type.kind) {
    case "u64":
    case "s64":
      return String(value);
    case "list":
      return Array.from(value as ArrayLike<ComponentValue>, (item) => toJson(type.element, item));
    case "tuple":
      return type.elements.map((element, i) => toJson(element, (value as ComponentValue[])[i]!));
    case "record":
      return Object.fromEntries(type.fields.map(({ name, type: of }) => [name, toJson(of, member(value, name))]));
    case "flags":
      return type.names.filter((name) => member(value, name)).sort();
    case "option":
      if (value === null) return null;
      return type.element.kind === "option"
        ? { some: toJson(type.element, member(value, "some")) }
        : toJson(type.element, value);
    case "variant":
    case "result": {
      const tag = member(value, "tag") as string;
      const of = caseOf(type, tag);
      return of === null ? { tag } : { tag, val: toJson(of, member(value, "val")) };
    }
    case "own":
    case "borrow":
      return "handle";
    default:
      return value as Json;
  }
}

function caseOf(type: Extract<Type, { kind: "variant" | "result" }>, tag: string): Type | null {
  if (type.kind === "result") return tag === "ok" ? type.ok : type.error;
  return type.cases.find(({ name }) => name === tag)!.type;
}

const part = (json: Json, name: string): Json => (json as Record<string, Json>)[name]!;
const member = (value: ComponentValue, name: string): ComponentValue =>
  (value as Record<string, ComponentValue>)[name]!;
