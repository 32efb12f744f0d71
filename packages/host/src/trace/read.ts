/** Job: past executions out of a project's trace.db: the runs, and one run as a tree. Never: change what is recorded, but for marking dead runs. */
import { lstatSync, type Stats } from "node:fs";
import { pathToFileURL } from "node:url";
import { CapsuleError } from "../errors.ts";
import { isOpenToAll, traceFile } from "./place.ts";
import { columnNames, type State, type TraceRow } from "./row.ts";
import { type Database, loadSqlite, type Sqlite } from "./sqlite.ts";
import { isDead, TraceStore } from "./store.ts";

/** One execution, without whose process it is. */
export type Execution = Omit<TraceRow, "owner">;

export interface TracedRun extends Execution {
  /** Executions below the first. */
  readonly subTasks: number;
}

/** An execution with those that its guest called, in the order in which they began. */
export interface TraceTree extends Execution {
  readonly children: readonly TraceTree[];
}

const names = columnNames.join(", ");

/**
 * The last runs of a project, newest first.
 * @param root the project's folder
 * @param most runs to give, 1 …
 * @throws CapsuleError `usage` where nothing is recorded, or what is there cannot be read
 * @example
 * ```ts
 * for (const run of recentRuns(loadProject(process.cwd()).root, 10)) console.log(run.id, run.state, run.fuel_consumed);
 * ```
 */
export function recentRuns(root: string, most: number): readonly TracedRun[] {
  return reading(root, (db) =>
    all(
      db,
      `SELECT ${names}, (SELECT count(*) - 1 FROM instance_log AS other WHERE other.task_id = log.id) AS subTasks
       FROM instance_log AS log WHERE parent_id IS NULL ORDER BY created_at DESC, rowid DESC LIMIT ?`,
      most,
    ).map((row) => ({ ...execution(row), subTasks: Number(row["subTasks"]) })),
  );
}

/**
 * One run with all its sub-tasks.
 * @param id of any execution of it, or how that begins
 * @throws CapsuleError `usage` where there is none, or more than one
 */
export function traceOf(root: string, id: string): TraceTree {
  return reading(root, (db) => {
    // A prefix by range: what is typed is never a pattern.
    const found = all(
      db,
      "SELECT id, task_id FROM instance_log WHERE id >= ?1 AND substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 10",
      id,
    );
    // A whole id is that one, whatever else begins with it.
    const whole = found.filter((row) => row["id"] === id);
    const runs = new Set((whole.length > 0 ? whole : found).map((row) => String(row["task_id"])));
    if (runs.size === 0)
      throw new CapsuleError("usage", `no execution has the id ${JSON.stringify(id)}; capsule trace lists them`);
    if (runs.size > 1)
      throw new CapsuleError("usage", `several executions begin with ${JSON.stringify(id)}; give more of the id`);
    const [run] = runs;
    const rows = all(db, `SELECT ${names} FROM instance_log WHERE task_id = ? ORDER BY created_at, rowid`, run!).map(
      execution,
    );
    const first = rows.find((row) => row.id === run) ?? rows[0]!;
    return tree(first, rows);
  });
}

function tree(first: Execution, rows: readonly Execution[]): TraceTree {
  const below = Map.groupBy(rows, (row) => row.parent_id);
  const seen = new Set<string>();
  // The file may say anything: no row is visited twice.
  const grow = (row: Execution): TraceTree => {
    seen.add(row.id);
    const children = (below.get(row.id) ?? []).filter(({ id }) => !seen.has(id));
    return { ...row, children: children.map(grow) };
  };
  return grow(first);
}

type Row = Readonly<Record<string, unknown>>;

function all(db: Database, sql: string, ...values: (string | number)[]): readonly Row[] {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement.all(...values);
}

const unfinished: readonly string[] = ["created", "running"];

function execution(row: Row): Execution {
  const { owner, ...rest } = row as unknown as TraceRow;
  const isGone = unfinished.includes(rest.state) && isDead(owner, rest.updated_at);
  return Object.fromEntries(
    columnNames
      .filter((name) => name !== "owner")
      .map((name) => [name, name === "state" && isGone ? interrupted : rest[name]]),
  ) as unknown as Execution;
}

const interrupted: State = "interrupted";

function reading<T>(root: string, read: (db: Database) => T): T {
  const file = traceFile(root);
  const refuse = (reason: string): never => {
    throw new CapsuleError("usage", `${JSON.stringify(file)} cannot be read: ${reason}`);
  };
  let found: Stats | undefined;
  try {
    found = lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (found === undefined)
    throw new CapsuleError(
      "usage",
      `nothing is recorded in ${JSON.stringify(root)}: there is no .capsule/trace.db; ${
        isOpenToAll(root)
          ? "in a folder that everybody may write to it is made only beside a capsule.toml"
          : "capsule run makes it"
      }`,
    );
  if (!found.isFile()) return refuse("it is no regular file");
  const sqlite = loadSqlite();
  if (sqlite === null) return refuse("this Node was built without node:sqlite");
  try {
    // Who looks is as good as the next run to see that a process is gone.
    new TraceStore(sqlite, file)[Symbol.dispose]();
  } catch {
    // read-only, busy or damaged: reading says what is wrong, and judges by itself
  }
  let db: Database;
  try {
    db = openToRead(sqlite, file);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  try {
    db.exec("PRAGMA trusted_schema = OFF");
    return read(db);
  } catch (error) {
    if (error instanceof CapsuleError) throw error;
    return refuse(error instanceof Error ? error.message : String(error));
  } finally {
    db.close();
  }
}

/** A file in WAL mode wants to write beside itself even to be read; where nobody writes it, it may be taken as it lies there. */
function openToRead(sqlite: Sqlite, file: string): Database {
  const open = (path: string | URL) => {
    const db = new sqlite.DatabaseSync(path, { readOnly: true, timeout: 1000 });
    try {
      db.prepare("SELECT id FROM instance_log LIMIT 1").get();
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return open(file);
  } catch (error) {
    if (lstatSync(`${file}-wal`, { throwIfNoEntry: false }) !== undefined) throw error;
    const url = pathToFileURL(file);
    url.searchParams.set("immutable", "1");
    try {
      return open(url);
    } catch {
      throw error;
    }
  }
}
