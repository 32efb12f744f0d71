/** Job: the real programs: which module, and what work it does. Never: run them. */
import type { Program } from "./programs.ts";

export const realPrograms: readonly Pick<Program, "name" | "recipe" | "bytes">[] = [];
