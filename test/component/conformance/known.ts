/** Job: what of the component model's scripts does not hold here, each with its reason. Never: a defect. */

const unlinked = "what nothing at run time depends on is not compared: the linker checks what it links";
const coreTypes =
  "declared types of core modules are skipped: a core module is never imported, so nothing is held against them";
const signatures =
  "the JavaScript API does not tell a core function's signature; what it is given and gives back is checked at each call";
const wasmtime = "a restriction of Wasmtime's, not of the component model";

/** Commands that do not hold: how many of a script, at most. */
export const known: Readonly<Record<string, readonly [count: number, reason: string]>> = {
  "component-model/validation/abi": [1, signatures],
  "component-model/validation/annotated-names": [17, unlinked],
  "component-model/validation/attributes": [7, unlinked],
  "component-model/validation/core-modules": [9, coreTypes],
  "component-model/validation/defined-types": [8, unlinked],
  "component-model/validation/external-visibility": [38, unlinked],
  "component-model/validation/instantiation": [4, coreTypes],
  "component-model/validation/max-value-size": [1, unlinked],
  "component-model/validation/outer-alias": [7, unlinked],
  "component-model/validation/resources": [2, `${unlinked}; ${signatures}`],
  "wasmtime/implements-disabled": [1, wasmtime],
  "wasmtime/import": [1, wasmtime],
  "wasmtime/resources": [1, "the host's resource1 and resource1-again are one type here, as its functions take them"],
  "wasmtime/restrictions": [2, wasmtime],
  "wasmtime/simple": [1, wasmtime],
  "wasmtime/strings": [
    1,
    "a string takes one realloc of the right size: the second one, whose lie is tested, is never asked for",
  ],
};

/** What may be skipped: the reason that the world gives, and why that is as it should be. */
export const skips: readonly (readonly [says: RegExp, reason: string])[] = [
  [
    /built-in .*\((task|waitable|thread|error-context)\)|type (stream|future|async func)|async destructor|option async/,
    "async is WASI 0.3's; Capsule runs 0.2",
  ],
  [/not supported: build without async/, "async is WASI 0.3's; Capsule runs 0.2"],
  [/limits flags 0x8/, "custom page sizes are not in V8"],
  [/shared memory/, "threads share memory, and a counter that neither locks"],
  [
    /option gc|garbage collection|64-bit (memor|address)/,
    "the canonical ABI of GC and of 64-bit memories is not final",
  ],
  [
    /type map|refines another|named results|attribute|version \w+ of layer|section \w+ is not known/,
    "of another version of the format",
  ],
  [/core modules? imported|imports core module|imports .*component/, "a host gives functions and resources, not code"],
  [
    /imports .*instance "(foo|c|i|src|reexport|provider|tag-module|a|I\d)"/,
    "an instance of another component of the script: one component is run at a time",
  ],
  [/imports .*instance "(not-provided-by-the-host|nested)"/, "the host gives no instances in instances"],
  [/text does not parse|text's parser/, "a matter of the text format, which is not ours"],
  [/not about components/, "a command on core modules"],
];
