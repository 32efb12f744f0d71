/** Job: what is recorded of runs through the public door, and what a disk that cannot be written does to them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Capsule, type CapsuleEvent, recentRuns, traceOf } from "@capsule-run/host";
import { afterEach, beforeEach, expect, test } from "vitest";
import { command, printing, spin } from "../host/support.ts";
import { cacheFolder } from "../support/shared.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capsule-trace-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problems: string[] = [];
const open = () => {
  problems.length = 0;
  return Capsule.open({
    cache: { folder: join(cacheFolder(), "trace") },
    trace: { onProblem: (message) => void problems.push(message) },
  });
};
const database = () => join(folder, ".capsule", "trace.db");
const sqlite3 = (sql: string) => execFileSync("sqlite3", [database(), sql], { encoding: "utf8" }).trim();

/** Runs modules one after the other, closes the host, and gives their envelopes. */
async function runs(...modules: readonly string[]): Promise<(string | null)[]> {
  await using capsule = await open();
  const ends: (string | null)[] = [];
  for (const [index, wat] of modules.entries()) {
    writeFileSync(join(folder, `m${index}.wat`), wat);
    const { error } = await capsule.run(`m${index}.wat`, {
      cwd: folder,
      policy: { compute: 1_000_000, timeout: "10s" },
    });
    ends.push(error?.error_type ?? null);
  }
  return ends;
}

test("each run is a row with what it was allowed and what it used, which sqlite3 reads", async () => {
  expect(await runs(printing("x"), command("unreachable"), spin)).toEqual([null, "wasm_error", "out_of_fuel"]);
  expect(
    sqlite3("SELECT file, task_name, state, fuel_limit, error_type FROM instance_log ORDER BY created_at, rowid"),
  ).toBe(
    "m0.wat|main|completed|1000000|\nm1.wat|main|failed|1000000|wasm_error\nm2.wat|main|failed|1000000|out_of_fuel",
  );
  expect(
    sqlite3(
      "SELECT count(*) FROM instance_log WHERE fuel_consumed > 0 AND ram_used = 65536 AND updated_at >= created_at",
    ),
  ).toBe("3");
  expect(sqlite3("SELECT name FROM pragma_table_info('instance_log')").split("\n").slice(0, 12)).toEqual(
    "id agent_name agent_version task_id task_name state fuel_limit fuel_consumed ram_used host_requests created_at updated_at".split(
      " ",
    ),
  );
  expect(sqlite3("PRAGMA journal_mode; PRAGMA integrity_check")).toBe("wal\nok");
  expect(problems).toEqual([]);
  expect(readFileSync(join(folder, ".capsule/.gitignore"), "utf8")).toBe("*\n");
});

test("without the option nothing is written", async () => {
  await using capsule = await Capsule.open({ cache: { folder: join(cacheFolder(), "trace") } });
  writeFileSync(join(folder, "m.wat"), printing("x"));
  expect((await capsule.run("m.wat", { cwd: folder })).success).toBe(true);
  expect(readdirSync(folder)).toEqual(["m.wat"]);
  expect(() => recentRuns(folder, 1)).toThrow(/nothing is recorded in /);
});

test("a timeout and a cancellation are told apart", async () => {
  await using capsule = await open();
  writeFileSync(join(folder, "spin.wat"), spin);
  const policy = { compute: 10n ** 15n, timeout: "60ms" };
  await capsule.run("spin.wat", { cwd: folder, policy });
  const stop = new AbortController();
  const onEvent = ({ kind }: CapsuleEvent) => void (kind === "started" && stop.abort());
  await capsule.run("spin.wat", { cwd: folder, policy: { compute: 10n ** 15n }, signal: stop.signal, onEvent });
  await capsule[Symbol.asyncDispose]();
  expect(recentRuns(folder, 5).map(({ state, error_type }) => [state, error_type])).toEqual([
    ["interrupted", "cancelled"],
    ["timed_out", "timeout"],
  ]);
});

test.each([
  ["a file in the place of the folder", () => writeFileSync(join(folder, ".capsule"), ""), /is no folder/],
  [
    "a link in the place of the folder",
    () => {
      mkdirSync(join(folder, "elsewhere"));
      symlinkSync("elsewhere", join(folder, ".capsule"));
    },
    /is no folder/,
  ],
  [
    "a link in the place of the database",
    () => {
      mkdirSync(join(folder, ".capsule"));
      symlinkSync("../stolen.db", database());
    },
    /is no regular file/,
  ],
  [
    "a folder in the place of the log",
    () => mkdirSync(join(folder, ".capsule/trace.db-wal"), { recursive: true }),
    /is no regular file/,
  ],
])("%s: said once, no run fails, nothing is followed", async (_, prepare, message) => {
  prepare();
  expect(await runs(printing("x"), printing("y"))).toEqual([null, null]);
  expect(problems).toEqual([expect.stringMatching(message)]);
  expect(readdirSync(folder)).not.toContain("stolen.db");
  if (readdirSync(folder).includes("elsewhere")) expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
});

test("a disk that is full: said once, no run fails", async () => {
  await runs(printing("x"));
  // SQLite's own limit stands for the disk's: the same error where a page is to be added.
  const db = new DatabaseSync(database());
  db.exec(
    "CREATE TRIGGER full BEFORE INSERT ON instance_log BEGIN SELECT raise(ABORT, 'database or disk is full'); END",
  );
  db.close();
  expect(await runs(printing("x"), printing("y"))).toEqual([null, null]);
  expect(problems).toEqual([expect.stringMatching(/^runs are not recorded in .*disk is full/)]);
});

test("a damaged file makes way for a new one, and is kept", async () => {
  mkdirSync(join(folder, ".capsule"));
  writeFileSync(database(), "this is no database, but longer than the header of one is ".repeat(20));
  expect(await runs(printing("x"))).toEqual([null]);
  expect(problems).toEqual([expect.stringMatching(/was damaged; it is .* now/)]);
  expect(recentRuns(folder, 5)).toHaveLength(1);
  expect(readdirSync(join(folder, ".capsule")).filter((name) => name.includes("damaged"))).toHaveLength(1);
});

test("a table of the reference gets the columns that it lacks, and keeps its rows", async () => {
  mkdirSync(join(folder, ".capsule"));
  const db = new DatabaseSync(database());
  db.exec(
    "CREATE TABLE instance_log (id TEXT PRIMARY KEY, agent_name TEXT NOT NULL, agent_version TEXT NOT NULL, task_id TEXT NOT NULL, task_name TEXT NOT NULL, state TEXT NOT NULL, fuel_limit INTEGER NOT NULL, fuel_consumed INTEGER NOT NULL, created_at INTEGER, updated_at INTEGER);" +
      "INSERT INTO instance_log VALUES ('old', 'a', '1', 'old', 'main', 'completed', 5, 3, 1, 2)",
  );
  db.close();
  await runs(printing("x"));
  expect(
    recentRuns(folder, 5).map(({ id, state, fuel_consumed }) => [id === "old", state, fuel_consumed > 0n]),
  ).toEqual([
    [false, "completed", true],
    [true, "completed", true],
  ]);
});

test("runs whose process is gone become interrupted; those of a living one do not", async () => {
  await runs(printing("x"));
  const owner = (pid: number, start: string) =>
    JSON.stringify([...(JSON.parse(template) as unknown[]).slice(0, 1), pid, start]);
  const db = new DatabaseSync(database());
  const template = await ownOwner();
  const insert = db.prepare(
    "INSERT INTO instance_log (id, task_id, state, owner, updated_at) VALUES (?1, ?1, 'running', ?2, ?3)",
  );
  const start = String((JSON.parse(template) as unknown[])[2]);
  insert.run("mine", owner(process.pid, start), 0);
  insert.run("number-given-again", owner(process.pid, "1"), Date.now());
  insert.run("no-such-process", owner(2 ** 22 + 1, "1"), Date.now());
  insert.run("other-machine", JSON.stringify(["elsewhere", 1, "1"]), Date.now());
  insert.run("other-machine-long-ago", JSON.stringify(["elsewhere", 1, "1"]), Date.now() - 3_600_000);
  insert.run("nobody", null, 0);
  db.close();
  await runs(printing("x"));
  expect(sqlite3("SELECT id FROM instance_log WHERE state = 'running' ORDER BY id")).toBe("mine\nother-machine");
  expect(sqlite3("SELECT id FROM instance_log WHERE state = 'interrupted' AND file = '' ORDER BY id")).toBe(
    "no-such-process\nnobody\nnumber-given-again\nother-machine-long-ago",
  );
});

/** What a run of this process is marked with while it runs. */
async function ownOwner(): Promise<string> {
  await using capsule = await open();
  writeFileSync(join(folder, "spin.wat"), spin);
  const stop = new AbortController();
  const run = capsule.run("spin.wat", { cwd: folder, policy: { compute: 10n ** 15n }, signal: stop.signal });
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const owner = sqlite3("SELECT owner FROM instance_log WHERE state = 'running' LIMIT 1");
    if (owner === "") continue;
    stop.abort();
    await run;
    return owner;
  }
}

test("many hosts write one file at once", async () => {
  const hosts = await Promise.all([1, 2, 3].map(open));
  writeFileSync(join(folder, "m.wat"), printing("x"));
  await Promise.all(hosts.flatMap((capsule) => [1, 2, 3, 4].map(() => capsule.run("m.wat", { cwd: folder }))));
  await Promise.all(hosts.map((capsule) => capsule[Symbol.asyncDispose]()));
  expect(problems).toEqual([]);
  expect(recentRuns(folder, 100).map(({ state }) => state)).toEqual(Array(12).fill("completed"));
});

test("a file that another process has locked: the run does not wait, and is written when it is free", async () => {
  await runs(printing("x"));
  const db = new DatabaseSync(database());
  db.exec("BEGIN EXCLUSIVE");
  {
    await using capsule = await open();
    expect((await capsule.run("m0.wat", { cwd: folder })).success).toBe(true);
    // Longer than a batch waits: the first try has met the lock.
    await new Promise((resolve) => setTimeout(resolve, 200));
    db.close();
  }
  expect(problems).toEqual([]);
  expect(recentRuns(folder, 5).map(({ state }) => state)).toEqual(["completed", "completed"]);
});

test("an id that is none, and one that is a pattern, find nothing", async () => {
  await runs(printing("x"));
  expect(() => traceOf(folder, "zzz")).toThrow(/no execution has the id "zzz"/);
  expect(() => traceOf(folder, "%")).toThrow(/no execution has the id "%"/);
  const [run] = recentRuns(folder, 1);
  expect(traceOf(folder, run!.id.slice(0, 9)).children).toEqual([]);
});

test("a file whose rows are each other's parents is shown, not followed forever", async () => {
  await runs(printing("x"));
  const db = new DatabaseSync(database());
  db.exec(
    "INSERT INTO instance_log (id, task_id, state, parent_id) VALUES ('x', 'x', 'completed', 'y'), ('y', 'x', 'completed', 'x'), ('xyz', 'xyz', 'completed', NULL)",
  );
  db.close();
  // The id of another run begins with it.
  expect(traceOf(folder, "x").children.map(({ id, children }) => [id, children])).toEqual([["y", []]]);
  expect(traceOf(folder, "xy").id).toBe("xyz");
});
