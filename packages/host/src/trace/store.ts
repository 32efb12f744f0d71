/**
 * Job: one trace.db, open: rows in, rows out, and runs whose process is gone marked as interrupted.
 * Never: decide when to write; keep a run waiting for another process.
 *
 * WAL: a reader and a writer do not wait for each other, and what was written before a SIGKILL is there after it.
 * `synchronous` is off: the system's cache survives the process. Only a power failure in the wrong second can damage the
 * file, and then it makes way for a new one; a sync for each short run would cost it 5–13 ms (measured).
 */
import { livenessOf, ownOwner } from "./owner.ts";
import { columnNames, columns, type TraceRow } from "./row.ts";
import type { Database, Sqlite } from "./sqlite.ts";

/** Rows kept; older ones go when a process opens the file. */
const mostRows = 100_000;
/** A process that cannot be seen from here has touched its live rows within this time (it does every minute), or is gone. */
const leaseMs = 5 * 60_000;

const unfinished = "state IN ('created', 'running')";

export class TraceStore implements Disposable {
  readonly #db: Database;
  readonly #owner = ownOwner();
  readonly #upsert: ReturnType<Database["prepare"]>;

  /**
   * @param patience milliseconds to wait for another process
   * @throws the error of SQLite: busy, damaged, read-only, full …
   */
  constructor(sqlite: Sqlite, file: string, patience = 50) {
    // A table that somebody else made may hold triggers: without trust and extensions they reach nothing but this file.
    this.#db = new sqlite.DatabaseSync(file, { timeout: patience, allowExtension: false });
    try {
      this.#db.exec("PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
      this.#prepareTable();
      this.#upsert = this.#db.prepare(
        `INSERT INTO instance_log (${columnNames.join(", ")}) VALUES (${columnNames.map(() => "?").join(", ")})
         ON CONFLICT (id) DO UPDATE SET ${columnNames
           .filter((name) => name !== "id")
           .map((name) => `${name} = excluded.${name}`)
           .join(", ")}`,
      );
      this.#sweep();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** All or none; a row that is known is replaced. */
  write(rows: Iterable<Omit<TraceRow, "owner">>): void {
    this.#transaction(() => {
      for (const row of rows) {
        const owned: TraceRow = {
          ...row,
          owner: row.state === "created" || row.state === "running" ? this.#owner : null,
        };
        this.#upsert.run(...columnNames.map((name) => owned[name]));
      }
    });
  }

  /** Waits this long for another process's write. */
  wait(milliseconds: number): void {
    this.#db.exec(`PRAGMA busy_timeout = ${Math.floor(milliseconds)}`);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #prepareTable(): void {
    const there = new Set(
      this.#db
        .prepare("PRAGMA table_info(instance_log)")
        .all()
        .map(({ name }) => name),
    );
    if (columnNames.every((name) => there.has(name))) return;
    this.#transaction(() => {
      this.#db.exec(
        `CREATE TABLE IF NOT EXISTS instance_log (${columnNames.map((name) => `${name} ${columns[name]}`).join(", ")})`,
      );
      // A file of the reference, or of an older Capsule, gets what it lacks.
      if (there.size > 0)
        for (const name of columnNames.filter((name) => !there.has(name)))
          this.#db.exec(`ALTER TABLE instance_log ADD COLUMN ${name} ${columns[name].replace(" PRIMARY KEY", "")}`);
      this.#db.exec(
        "CREATE INDEX IF NOT EXISTS instance_log_task ON instance_log (task_id);" +
          `CREATE INDEX IF NOT EXISTS instance_log_unfinished ON instance_log (owner) WHERE ${unfinished}`,
      );
    });
  }

  /** Marks what no living process runs any more; forgets the oldest rows. */
  #sweep(): void {
    const rows = this.#db.prepare(`SELECT id, owner, updated_at FROM instance_log WHERE ${unfinished}`).all();
    const dead = rows.filter(({ owner, updated_at }) => isDead(owner, updated_at)).map(({ id }) => id);
    const { surplus } = this.#db
      .prepare("SELECT coalesce(max(rowid) - min(rowid), 0) AS surplus FROM instance_log")
      .get() as { readonly surplus: number };
    if (dead.length === 0 && surplus < mostRows) return;
    this.#transaction(() => {
      const mark = this.#db.prepare(
        `UPDATE instance_log SET state = 'interrupted', owner = NULL, error_type = 'cancelled',
           error = 'the process that ran it ended without saying how' WHERE id = ? AND ${unfinished}`,
      );
      for (const id of dead) mark.run(id ?? null);
      this.#db
        .prepare("DELETE FROM instance_log WHERE rowid <= (SELECT max(rowid) FROM instance_log) - ?")
        .run(mostRows);
    });
  }

  #transaction(work: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#db.exec("COMMIT");
    } catch (error) {
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back already
      }
      throw error;
    }
  }
}

/** Whether the process behind an unfinished row is gone. */
export function isDead(owner: unknown, updatedAt: unknown): boolean {
  switch (livenessOf(typeof owner === "string" ? owner : null)) {
    case "alive":
      return false;
    case "dead":
      return true;
    case "unknown":
      return Number(updatedAt) < Date.now() - leaseMs;
  }
}
