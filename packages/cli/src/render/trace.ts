/** Job: past executions for people: a table of runs, a run as a tree; and as plain data for JSON. Never: print what a guest chose unencoded. */
import { type JsonValue, parseJson, quote, type TracedRun, type TraceTree } from "@capsule-run/host";
import type { Output } from "../terminal/output.ts";
import { duration, grouped, size } from "./figures.ts";

type Row = Omit<TracedRun, "subTasks">;

const shortId = (id: string) => id.slice(0, 8);

/** `2026-11-21 09:04:08`, in the time of this machine. */
function time(milliseconds: bigint): string {
  const at = new Date(Number(milliseconds));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

const colours = {
  created: "dim",
  running: "yellow",
  completed: "green",
  failed: "red",
  timed_out: "red",
  interrupted: "red",
} as const;
const colourOf = (state: string) => (Object.hasOwn(colours, state) ? colours[state as keyof typeof colours] : "dim");

/** A name as it is, quoted where a terminal or a reader could be misled. */
const name = (text: string) => (/^[\w./@*-]+$/.test(text) ? text : quote(text));
const stateName = (state: string) => name(state.replace("_", " ")).replaceAll('"', "");

export function runList(runs: readonly TracedRun[], output: Output): string {
  if (runs.length === 0) return "no runs yet\n";
  const table = runs.map((run) => [
    name(shortId(run.id)),
    time(run.created_at),
    stateName(run.state),
    elapsed(run),
    grouped(run.fuel_consumed),
    name(run.file || run.agent_name),
    `${name(run.task_name)}${run.subTasks > 0 ? ` +${run.subTasks}` : ""}`,
  ]);
  const head = ["ID", "STARTED", "STATE", "TIME", "FUEL", "FILE", "TASK"];
  const right = new Set([3, 4]);
  const widths = head.map((title, at) => Math.max(title.length, ...table.map((cells) => cells[at]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (right.has(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd();
  const rows = table.map((cells, at) => {
    const padded = cells[2]!.padEnd(widths[2]!);
    return line(cells).replace(padded, output.style(colourOf(runs[at]!.state), padded));
  });
  return `${[output.style("dim", line(head)), ...rows].join("\n")}\n`;
}

/** A run that has not ended has no time yet. */
const elapsed = (row: Row) =>
  row.state === "created" || row.state === "running" ? "–" : duration(Number(row.duration_ms));

export function runTree(run: TraceTree, output: Output): string {
  const lines: string[] = [
    `${run.id}  ${name(run.file || run.agent_name)}  ${time(run.created_at)}${run.engine === "" ? "" : `  ${run.engine}`}`,
  ];
  const visit = (row: TraceTree, head: string, indent: string) => {
    const limit = row.fuel_limit === null ? "" : ` of ${grouped(row.fuel_limit)}`;
    const retries = row.retries > 0n ? `, ${row.retries} ${row.retries === 1n ? "retry" : "retries"}` : "";
    const state = output.style(colourOf(row.state), stateName(row.state));
    lines.push(
      `${head}${name(row.task_name)}  ${state}  ${elapsed(row)}, fuel ${grouped(row.fuel_consumed)}${limit}, ${size(Number(row.ram_used))}${retries}`,
    );
    const inner = `${indent}${row.children.length > 0 ? "│  " : "   "}`;
    if (row.error !== null) lines.push(`${inner}${row.error_type}: ${quote(row.error.split("\n")[0]!)}`);
    for (const { method, url, status, error } of requestsOf(row.host_requests))
      lines.push(
        `${inner}${quote(String(method))} ${quote(String(url))} ${status ?? quote(String(error ?? "failed"))}`,
      );
    row.children.forEach((child, at) => {
      const isLast = at === row.children.length - 1;
      visit(child, `${indent}${isLast ? "└─ " : "├─ "}`, `${indent}${isLast ? "   " : "│  "}`);
    });
  };
  visit(run, "", "");
  return `${lines.join("\n")}\n`;
}

/** As JSON: the columns, the requests as the list that they are. */
export function plain(row: Row | TraceTree): Record<string, unknown> {
  const { host_requests, ...rest } = row;
  return {
    ...rest,
    host_requests: requestsOf(host_requests),
    ...("children" in row ? { children: row.children.map(plain) } : {}),
  };
}

/** The column is text: a file that somebody else wrote may hold anything there. */
function requestsOf(text: string): readonly Readonly<Record<string, JsonValue>>[] {
  try {
    const list = parseJson(text);
    return Array.isArray(list) ? list.filter((entry) => typeof entry === "object" && entry !== null) : [];
  } catch {
    return [];
  }
}
