/**
 * Job: run Python in a sandbox: make the image of a booted interpreter, or put an image into a fresh instance and call its
 * runner.
 * Never: read what the program does; the runner reports through its device (see python-runner.ts).
 *
 * The image is linear memory after CPython has booted and called `os._exit(id((run,)))`: the exit code is the address of a
 * tuple. Neither the stack nor the interpreter was unwound, so with the memory and the stack pointer put back, C code can be
 * called as if that exit had not happened; the runner is called as CPython itself calls a function, through its vectorcall
 * slot. The layout read here is that of 32-bit CPython 3.8 and later without free threading.
 */
import type { PythonImage } from "../protocol.ts";
import type { Driver } from "./driver.ts";
import type { Link } from "./image-shelf.ts";
import { PythonRunner } from "./python-runner.ts";
import type { Sandbox } from "./sandbox.ts";
import { RunFailure } from "./verdict.ts";

/** Where the guest's runner finds its device. */
const device = "/dev/capsule";

/** For what comes before the program: it is not the user's, but it is not endless either. */
const bootFuel = 100_000_000_000n;

export const runPython: Driver = (sandbox) => {
  const { message, meter } = sandbox;
  const { input } = message;
  if (input.engine !== "python") throw new TypeError(`the Python driver cannot run ${input.engine}`);
  meter.begin(bootFuel, message.startFuel);
  // The variables are the policy's: they travel beside the request, which the engine made before it knew them.
  const variables = JSON.stringify(Object.fromEntries(message.kernel.env));
  const runner = new PythonRunner(sandbox, `${variables}\n${input.request}`);
  const exports = sandbox.instantiate(new Map([[device, runner]])).exports as EngineExports;
  if (input.start.kind === "boot") return capture(sandbox, exports, input.start.into);
  start(exports, input.start.image);
  // An honest program does not come here: its runner's last word ends the run.
  throw new RunFailure({
    kind: "raised",
    type: "RuntimeError",
    message: "RuntimeError: the program has broken its conversation with the host",
    outOfMemory: false,
  });
};

export const linkPython: Link = (standby, { module }) => {
  standby.instantiate(module);
};

/** What the engine's preparation has made sure of. */
type EngineExports = WebAssembly.Exports & {
  readonly _start: () => void;
  readonly __stack_pointer: WebAssembly.Global;
  readonly __indirect_function_table: WebAssembly.Table;
};

/** Boots the interpreter, writes its memory to `into`, and gives the rest of the image as JSON text. */
function capture(sandbox: Sandbox, exports: EngineExports, into: SharedArrayBuffer): string {
  try {
    exports._start();
  } catch (error) {
    if (sandbox.record.exitCode === null) throw error;
  }
  const memory = sandbox.memory.buffer;
  const tuple = (sandbox.record.exitCode ?? 0) >>> 0;
  // A small code is an ordinary exit: the boot failed, and has said why on the standard error stream.
  if (tuple < 65_536 || tuple > memory.byteLength) return fail(`the interpreter did not boot: exit status ${tuple}`);
  if (memory.byteLength > into.byteLength) return fail(`the image needs ${memory.byteLength} bytes`);
  const view = new DataView(memory);
  const word = (address: number) => view.getUint32(address, true);
  // PyTupleObject: reference count, type, size, items. PyTypeObject: … tp_vectorcall_offset at 28.
  const callable = word(tuple + 12);
  const entry = word(callable + word(word(callable + 4) + 28));
  new Uint8Array(into).set(new Uint8Array(memory));
  const stackPointer = exports.__stack_pointer.value as number;
  const value = JSON.stringify({ pages: memory.byteLength / 65_536, stackPointer, callable, entry });
  // The exit was the way to stop, not the end to tell.
  sandbox.record.report({ kind: "returned", value });
  return value;
}

function start(exports: EngineExports, image: PythonImage): void {
  exports.__stack_pointer.value = image.stackPointer;
  const run = exports.__indirect_function_table.get(image.entry) as (
    callable: number,
    args: number,
    count: number,
    names: number,
  ) => number;
  run(image.callable, 0, 0, 0);
}

function fail(message: string): never {
  throw new RunFailure({ kind: "failed", code: "internal_error", message });
}
