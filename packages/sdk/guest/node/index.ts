/** Job: the table of Node's modules and of the sdk, by the names that programs import. Never: their code. */
import { task } from "../core/task.ts";

export const modules: Record<string, unknown> = {
  "@capsule-run/sdk": { task },
};
