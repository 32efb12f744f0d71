/**
 * Job: run JavaScript in a sandbox: make the image of a started runtime, or put an image into a fresh instance, evaluate the
 * program in it, and turn its event loop until nothing is left to come.
 * Never: read what the program does; the prelude reports through its host function (see javascript-host.ts).
 */
import type { JavaScriptHooks, JavaScriptImage } from "../protocol.ts";
import type { Driver } from "./driver.ts";
import type { Link } from "./image-shelf.ts";
import { JavaScriptHost } from "./javascript-host.ts";
import { QuickJS, type Value } from "./quickjs.ts";
import type { Sandbox } from "./sandbox.ts";
import { RunFailure } from "./verdict.ts";

/** For what comes before the program: it is not the user's, but it is not endless either. */
const bootFuel = 10_000_000_000n;
/** The global names under which the prelude finds the host, and the driver the prelude; both are gone before a program runs. */
const hostName = "__capsule_host";
const hookNames = {
  prepare: "__capsule_prepare",
  loaded: "__capsule_loaded",
  failed: "__capsule_failed",
  turn: "__capsule_turn",
};
/** The name of a program's module in stacks; the source map leads from it to the user's files. */
export const programName = "program.js";

export const runJavaScript: Driver = (sandbox) => {
  const { message, meter } = sandbox;
  const { input } = message;
  if (input.engine !== "javascript") throw new TypeError(`the JavaScript driver cannot run ${input.engine}`);
  meter.begin(bootFuel, message.startFuel);
  const host = new JavaScriptHost(sandbox, input.start.kind === "image" ? input.start.sourceMap : "");
  const vm = new QuickJS(sandbox.instantiate(new Map(), { env: host.imports }));
  host.attach(vm);
  if (input.start.kind === "boot") {
    const link = (module: WebAssembly.Module, imports: WebAssembly.Imports) =>
      sandbox.link(module, imports as Record<string, WebAssembly.ModuleImports>);
    const bases = vm.boot(input.extensions, link);
    return capture(sandbox, vm, bases, input.start.prelude, input.start.into);
  }
  const { image } = input.start;
  vm.exports.qjs_set_runtime_and_context(image.runtime, image.context);
  vm.exports.__stack_pointer.value = image.stackPointer;
  vm.exports.qjs_set_promise_rejection_handler(1);
  if (input.start.kind === "compile") return compile(vm, input.start.source, input.start.into);
  run(vm, host, image.hooks, input.request, new Uint8Array(input.start.bytecode));
  return fail("the program came to no end that the prelude reported");
};

/** Six instances, with the extensions where they were when the image was made. */
export const linkJavaScript: Link = (standby, { module, input }) => {
  if (input.engine !== "javascript" || input.start.kind === "boot") return;
  const vm = new QuickJS(standby.instantiate(module));
  vm.relink(input.extensions, input.start.image.bases, (side, imports) =>
    standby.link(side, imports as Record<string, WebAssembly.ModuleImports>),
  );
};

/** Calls a hook; an exception that it lets out is our own fault, or the end of the run. */
function hook(vm: QuickJS, address: number, ...args: Value[]): Value {
  const result = vm.call(address, ...args);
  const thrown = vm.thrown(result);
  if (thrown === null) return result;
  return fail(`the prelude failed: ${vm.describe(thrown)}`);
}

function run(vm: QuickJS, host: JavaScriptHost, hooks: JavaScriptHooks, request: string, bytecode: Uint8Array): void {
  hook(vm, hooks.prepare, vm.newString(request));
  const promise = vm.evaluateBytecode(bytecode);
  const thrown = vm.thrown(promise);
  if (thrown !== null) hook(vm, hooks.failed, thrown);
  else hook(vm, hooks.loaded, promise);
  for (;;) {
    vm.runJobs();
    for (const reason of host.takeUnhandled()) hook(vm, hooks.failed, reason);
    const more = hook(vm, hooks.turn);
    const goesOn = vm.readNumber(more) !== 0;
    vm.free(more);
    if (!goesOn && vm.exports.qjs_is_job_pending() === 0) return;
  }
}

/** Writes the program's bytecode to `into`, and gives its length. */
function compile(vm: QuickJS, source: string, into: SharedArrayBuffer): string {
  const bytecode = vm.compile(source, programName);
  if (bytecode === null) return fail(vm.describe(vm.exports.qjs_get_exception()));
  if (bytecode.length > into.byteLength) return fail(`the program has ${bytecode.length} bytes when compiled`);
  new Uint8Array(into).set(bytecode);
  return `${bytecode.length}`;
}

/** Evaluates the prelude, writes memory to `into`, and gives the rest of the image as JSON text. */
function capture(
  sandbox: Sandbox,
  vm: QuickJS,
  bases: JavaScriptImage["bases"],
  prelude: string,
  into: SharedArrayBuffer,
): string {
  vm.setGlobal(hostName, vm.newHostFunction("capsule"));
  const result = vm.evaluate(prelude, "prelude.js", 0);
  const thrown = vm.thrown(result);
  if (thrown !== null) return fail(`the prelude did not load: ${vm.describe(thrown)}`);
  vm.runJobs();
  const hooks = Object.fromEntries(Object.entries(hookNames).map(([key, name]) => [key, vm.global(name)]));
  for (const name of [hostName, ...Object.values(hookNames)]) vm.evaluate(`delete globalThis.${name}`, "prelude.js", 0);
  vm.exports.qjs_run_gc();
  const { buffer } = sandbox.memory;
  if (buffer.byteLength > into.byteLength) return fail(`the image needs ${buffer.byteLength} bytes`);
  new Uint8Array(into).set(new Uint8Array(buffer));
  return JSON.stringify({
    bytes: buffer.byteLength,
    stackPointer: vm.exports.__stack_pointer.value as number,
    runtime: vm.exports.qjs_get_runtime_ptr(),
    context: vm.exports.qjs_get_context_ptr(),
    bases,
    hooks,
  });
}

function fail(message: string): never {
  throw new RunFailure({ kind: "failed", code: "internal_error", message });
}
