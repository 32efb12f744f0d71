/**
 * Job: a trap that no guest can catch. What JavaScript throws through WebAssembly frames a `catch_all` would catch; a trap
 * raised by WebAssembly itself it does not, even when JavaScript passes it on.
 * Never: say why (the store knows).
 */

/** (module (func (export "trap") unreachable)) */
const bytes = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0],
  ...[10, 5, 1, 3, 0, 0, 0x0b],
);

export function throwUncatchable(): never {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  (exports["trap"] as () => never)();
  throw new Error("unreachable");
}
