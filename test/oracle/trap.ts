/** Job: turn what V8 throws for a pure operator into the oracle's trap. Never: hide another error. */
import { ending } from "../support/trap.ts";
import { Trap } from "./store.ts";

export function trapOf(error: unknown): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  const what = ending(error);
  return what.kind === "trap" ? new Trap(what.trap) : error;
}
