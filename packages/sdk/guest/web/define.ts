/** Job: put things on the global object as the platform does: writable, configurable, not enumerable. Never: anything else. */

export function define(target: object, members: Readonly<Record<PropertyKey, unknown>>): void {
  for (const name of Reflect.ownKeys(members))
    Object.defineProperty(target, name, {
      value: members[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
}
