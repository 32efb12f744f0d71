/** Job: Node's built-in SQLite, loaded when the first run is recorded, without its warning. Never: SQL. */
import type { DatabaseSync } from "node:sqlite";

export type Sqlite = typeof import("node:sqlite");
export type Database = DatabaseSync;

/**
 * Some versions of Node 24 print an ExperimentalWarning when the module is loaded. It would stand between the lines of a
 * user's program, who has not chosen SQLite; the load is synchronous, so nobody else's warning is lost.
 * @returns null where Node was built without it
 */
export function loadSqlite(): Sqlite | null {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite") ?? null;
  } catch {
    return null;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** SQLite's own result codes, as far as they make a difference. */
const codes = { busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const;

const codeOf = (error: unknown): number => {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  // The low byte; the rest is detail.
  return typeof code === "number" ? code & 0xff : -1;
};

/** Another process is writing: try again later. */
export const isBusy = (error: unknown): boolean => codeOf(error) === codes.busy || codeOf(error) === codes.locked;

/** What lies there is no database, or not any more. */
export const isDamaged = (error: unknown): boolean =>
  codeOf(error) === codes.corrupt || codeOf(error) === codes.notADatabase;
