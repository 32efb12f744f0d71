/** Job: `capsule trace [ID]`: what ran here, as a list, or one run as a tree. Never: read the database by itself. */
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit.ts";
import { define } from "./command.ts";

const defaultLimit = 20;
const mostLimit = 100_000;

export const traceCommand = define({
  verb: "trace",
  synopsis: "[ID]",
  summary: "Show past executions of this project",
  positionals: {
    id: { describe: "a run, by its id or how that begins [default: list the last runs]" },
  },
  options: {
    limit: { alias: "n", type: "string", describe: `runs to list [default: ${defaultLimit}]` },
    json: { type: "boolean", describe: "everything that is recorded, as JSON" },
  },
  examples: [
    ["capsule trace", "the last runs, newest first"],
    ["capsule trace 3f2a", "one run with its sub-tasks"],
    ["sqlite3 .capsule/trace.db 'SELECT task_name, state, fuel_consumed FROM instance_log'", "the table itself"],
  ],

  async run(options, { stdout }) {
    const { loadProject, recentRuns, stringifyJson, traceOf } = await import("@capsule-run/host");
    const { json } = await import("../render/envelope.ts");
    const show = await import("../render/trace.ts");
    const { root } = loadProject(process.cwd());
    const { id, limit } = options;
    if (id === undefined) {
      const runs = recentRuns(root, limitOf(limit));
      stdout.write(
        options.json ? json(stringifyJson(runs.map(show.plain), "trace"), stdout) : show.runList(runs, stdout),
      );
    } else {
      if (limit !== undefined) throw new UsageError("--limit is for the list; leave it out beside an ID");
      const run = traceOf(root, id);
      stdout.write(options.json ? json(stringifyJson(show.plain(run), "trace"), stdout) : show.runTree(run, stdout));
    }
    return exitCodes.success;
  },
});

function limitOf(text: string | undefined): number {
  if (text === undefined) return defaultLimit;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > mostLimit)
    throw new UsageError(`--limit is ${JSON.stringify(text)}; it takes a whole number from 1 to ${mostLimit}`);
  return limit;
}
