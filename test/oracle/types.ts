/** Job: equality and subtyping of types across modules: every type gets the identity of its recursion group. Never: validate. */
import type { CompositeType, Module, ValueType } from "./decode.ts";

export interface TypeIdentity {
  readonly id: number;
  readonly kind: CompositeType["kind"];
  readonly supertype: TypeIdentity | null;
}
const groups = new Map<string, TypeIdentity[]>();
let next = 0;

/** The identities of a module's types: equal in two modules if and only if the specification says so. */
export function identities(module: Module): TypeIdentity[] {
  const out: TypeIdentity[] = [];
  for (let first = 0; first < module.types.length; ) {
    const { groupSize } = module.types[first]!;
    if (groupSize === 0) throw new Error("empty group");
    const members = module.types.slice(first, first + groupSize);
    // Within the group a type is named by its place, outside of it by its identity.
    const place = (index: number) => (index >= first ? `.${index - first}` : `#${out[index]!.id}`);
    const type = (t: ValueType) => t.replace(/\d+$/, (digits) => (/^ref/.test(t) ? place(Number(digits)) : digits));
    const key = members
      .map((t) => {
        const fields = t.fields.map((f) => `${type(f.type)}${f.mutable}`);
        const parent = t.supertype === null ? "" : place(t.supertype);
        return `${t.kind} ${t.final} ${parent}(${t.parameters.map(type)})(${t.results.map(type)})(${fields})`;
      })
      .join("|");
    const known = groups.get(key);
    if (known !== undefined) out.push(...known);
    else {
      for (const { kind, supertype } of members)
        out.push({ id: next++, kind, supertype: supertype === null ? null : (out[supertype] ?? null) });
      groups.set(key, out.slice(first));
    }
    first += groupSize;
  }
  return out;
}

export function isSubtype(type: TypeIdentity, of: TypeIdentity): boolean {
  for (let t: TypeIdentity | null = type; t !== null; t = t.supertype) if (t === of) return true;
  return false;
}
