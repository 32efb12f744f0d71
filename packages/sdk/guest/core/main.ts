/** Job: the prelude of every JavaScript sandbox: fill the global object, hand the driver its hooks. Never: run a program. */
import "./first.ts";
import "../web/index.ts";
// Packages behind node/index.ts ask for `process` while they load.
import "../node/process.ts";
import { modules } from "../node/index.ts";
import { failed, loaded, nextTurn, prepare } from "./run.ts";

delete (globalThis as Record<string, unknown>)["Atomics"];

/** Where bundles find Node's modules and the sdk. */
Object.defineProperty(globalThis, Symbol.for("capsule.modules"), { value: modules });

Object.assign(globalThis, {
  __capsule_prepare: prepare,
  __capsule_loaded: loaded,
  __capsule_failed: failed,
  __capsule_turn: nextTurn,
});
