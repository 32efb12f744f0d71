/**
 * Job: the table of past executions: its columns, and one row as data. Never: read or write one.
 *
 * One row is one execution of one task over all its attempts. The first twelve columns are the contract; the others make
 * a tree of a run and say why it failed. Times are milliseconds since the epoch.
 */

export type State = "created" | "running" | "completed" | "failed" | "timed_out" | "interrupted";

export interface TraceRow {
  readonly id: string;
  /** `[workflow] name` of the project, else the program's file name. */
  readonly agent_name: string;
  /** `[workflow] version`, else "". */
  readonly agent_version: string;
  /** The id of the first task of the run: the same in all rows of a run. */
  readonly task_id: string;
  readonly task_name: string;
  readonly state: State;
  /** Null until a policy was decided. */
  readonly fuel_limit: bigint | null;
  readonly fuel_consumed: bigint;
  /** Peak bytes. */
  readonly ram_used: bigint;
  /** JSON array of `{method, url, status, duration_ms}`. */
  readonly host_requests: string;
  readonly created_at: bigint;
  readonly updated_at: bigint;
  /** The execution whose guest called this one. */
  readonly parent_id: string | null;
  /** The program, relative to the project where it lies in it. */
  readonly file: string;
  /** Name and version of the engine; "" until it ended. */
  readonly engine: string;
  readonly duration_ms: bigint;
  readonly retries: bigint;
  readonly error_type: string | null;
  readonly error: string | null;
  /** The process that runs it, while it runs. */
  readonly owner: string | null;
}

export const finalStates: readonly State[] = ["completed", "failed", "timed_out", "interrupted"];

/** Column → its type, in the order of the table. */
export const columns: Readonly<Record<keyof TraceRow, string>> = {
  id: "TEXT PRIMARY KEY NOT NULL",
  agent_name: "TEXT NOT NULL DEFAULT ''",
  agent_version: "TEXT NOT NULL DEFAULT ''",
  task_id: "TEXT NOT NULL DEFAULT ''",
  task_name: "TEXT NOT NULL DEFAULT ''",
  state: "TEXT NOT NULL DEFAULT 'created'",
  fuel_limit: "INTEGER",
  fuel_consumed: "INTEGER NOT NULL DEFAULT 0",
  ram_used: "INTEGER NOT NULL DEFAULT 0",
  host_requests: "TEXT NOT NULL DEFAULT '[]'",
  created_at: "INTEGER NOT NULL DEFAULT 0",
  updated_at: "INTEGER NOT NULL DEFAULT 0",
  parent_id: "TEXT",
  file: "TEXT NOT NULL DEFAULT ''",
  engine: "TEXT NOT NULL DEFAULT ''",
  duration_ms: "INTEGER NOT NULL DEFAULT 0",
  retries: "INTEGER NOT NULL DEFAULT 0",
  error_type: "TEXT",
  error: "TEXT",
  owner: "TEXT",
};

export const columnNames = Object.keys(columns) as readonly (keyof TraceRow)[];
