/** Job: put things on the global object as the platform does: writable, configurable, not enumerable. Never: anything else. */

export function define(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}
