/** Job: what must be so before anything else of the prelude loads. Never: a feature. */
const globals = globalThis as Record<string, unknown>;

// node-inspect-extracted lists the members of Atomics while it loads; a sandbox has one thread, and main.ts takes it away.
globals["Atomics"] ??= {};

// QuickJS lets a program look at the functions on the stack; those of the prelude are not for it.
const errors = Error as unknown as { prepareStackTrace: unknown };
errors.prepareStackTrace = (_: unknown, sites: readonly object[]) => sites;
const { stack } = new Error() as unknown as { stack: readonly object[] | string };
errors.prepareStackTrace = undefined;
const site = typeof stack === "object" ? stack[0] : undefined;
if (site !== undefined) {
  const prototype = Object.getPrototypeOf(site) as Record<string, unknown>;
  for (const name of ["getFunction", "getThis"]) delete prototype[name];
}
