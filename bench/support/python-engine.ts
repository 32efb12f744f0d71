/** Job: whether a Python engine can be measured here. Never: build it. */
import { findFlavour } from "../../packages/host/src/engine/python/flavour.ts";

/** Why not; null where it is there. */
export function absentEngine(engine: "fast" | "npm"): string | null {
  try {
    findFlavour(engine);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
