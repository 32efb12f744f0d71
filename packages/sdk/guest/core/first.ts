/** Job: what packages of the prelude look at while they load, and QuickJS has not. Never: stay (main.ts takes it away again). */
const globals = globalThis as Record<string, unknown>;

// node-inspect-extracted lists the members of Atomics; a sandbox has one thread and no shared memory.
globals["Atomics"] ??= {};
