/** Job: run a plain core module: its WASI command, or one exported function with numbers. Never: anything of an engine. */
import type { Driver } from "./driver.ts";
import { RunFailure } from "./verdict.ts";

export const runModule: Driver = (sandbox) => {
  const { message, meter } = sandbox;
  if (message.input.engine !== "module") throw new TypeError(`the module driver cannot run ${message.input.engine}`);
  meter.begin(message.fuel, message.startFuel);
  const { exports } = sandbox.instantiate();
  const { invoke } = message.input;
  if (invoke === null) {
    exportedFunction(exports, "_start")();
    return "null";
  }
  // A reactor wants to be initialised before its first call.
  if (typeof exports["_initialize"] === "function") exportedFunction(exports, "_initialize")();
  const result: unknown = exportedFunction(exports, invoke.name)(...invoke.args);
  return resultText(result);
};

function exportedFunction(exports: WebAssembly.Exports, name: string): (...args: (number | bigint)[]) => unknown {
  const found = exports[name];
  if (typeof found === "function") return found as (...args: (number | bigint)[]) => unknown;
  const message = `the module exports no function ${JSON.stringify(name)}`;
  throw new RunFailure({ kind: "failed", code: "invalid_config", message });
}

/** No result is null, several are an array. */
function resultText(result: unknown): string {
  if (result === undefined) return "null";
  // V8 gives several results as an array; no reference that a guest can hold is one.
  if (Array.isArray(result)) {
    return `[${result.map((value, index) => valueText(value, ` ${index}`)).join(",")}]`;
  }
  return valueText(result, "");
}

function valueText(value: unknown, where: string): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  const what = typeof value === "number" ? `the number ${value}` : "a reference";
  throw new RunFailure({
    kind: "raised",
    type: "ValueError",
    message: `result${where} is ${what}, which JSON cannot hold; return a finite number`,
    outOfMemory: false,
  });
}
