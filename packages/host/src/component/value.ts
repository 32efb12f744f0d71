/**
 * Job: values of the component model as JavaScript sees them, and what a host gives a component for an import.
 * Never: convert them (see abi/), nor a WASI interface (see wasi/preview2).
 */

/**
 * | WIT | JavaScript |
 * |---|---|
 * | bool, string, char | boolean, string, string of one code point |
 * | u8 … u32, s8 … s32, f32, f64 | number |
 * | u64, s64 | bigint |
 * | list, tuple | array; list of u8: Uint8Array (of its own bytes, never a view of guest memory); given, a list of integers may be a typed array of theirs |
 * | record, flags | object without prototype: WIT name → value; WIT name → boolean, all names present; given, missing flags are not set |
 * | enum | its name |
 * | variant | `{ tag }` or `{ tag, val }` |
 * | option | null, or the value; of an option in an option: null, or `{ some: inner }` |
 * | result | `{ tag: "ok", val? }` or `{ tag: "err", val? }` |
 * | own, borrow | the object behind the handle: a host's own, or a `GuestResource` (resources.ts) |
 *
 * Names are WIT names as written ("preopened-directories"), in every direction.
 */
export type ComponentValue =
  | boolean
  | number
  | bigint
  | string
  | null
  | Uint8Array
  | readonly ComponentValue[]
  | VariantValue
  | { readonly some: ComponentValue }
  | RecordValue
  | object;

export interface VariantValue {
  readonly tag: string;
  readonly val?: ComponentValue;
}
export interface RecordValue {
  readonly [name: string]: ComponentValue;
}

/** A function that the host gives; `undefined` where it has no result. What it throws ends the run. */
export type HostFunction = (...args: readonly ComponentValue[]) => ComponentValue | undefined;

/** A resource type of the host's: how its objects end when the guest drops the last handle that owns them. */
export interface HostResource {
  readonly drop: (object: object) => void;
}

/** What stands behind an imported interface: WIT names such as "get-arguments" or "[method]input-stream.read". */
export interface HostInstance {
  readonly functions: ReadonlyMap<string, HostFunction>;
  readonly resources: ReadonlyMap<string, HostResource>;
}
