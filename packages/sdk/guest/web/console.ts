/** Job: console, written as Node writes it (package node-inspect-extracted, which is Node's own inspect). Never: colours; anything but the two streams. */
import { format, formatWithOptions, inspect } from "node-inspect-extracted";
import { ask } from "../core/host.ts";
import { define } from "./define.ts";

const encoder = new TextEncoder();

export function write(stream: 1 | 2, text: string): void {
  ask("write", `${stream}`, encoder.encode(text).buffer as ArrayBuffer);
}

export class Console {
  #indent = "";
  readonly #counts = new Map<string, number>();
  readonly #times = new Map<string, number>();

  #print(stream: 1 | 2, args: readonly unknown[]): void {
    const text = format(...(args as [unknown]));
    write(stream, `${this.#indent}${this.#indent ? text.replaceAll("\n", `\n${this.#indent}`) : text}\n`);
  }
  log = (...args: unknown[]) => this.#print(1, args);
  info = (...args: unknown[]) => this.#print(1, args);
  debug = (...args: unknown[]) => this.#print(1, args);
  warn = (...args: unknown[]) => this.#print(2, args);
  error = (...args: unknown[]) => this.#print(2, args);
  trace = (...args: unknown[]) => {
    const stack = new Error().stack ?? "";
    this.#print(2, [`Trace: ${format(...(args as [unknown]))}\n${stack}`]);
  };
  assert = (condition?: unknown, ...args: unknown[]) => {
    if (condition) return;
    if (typeof args[0] === "string") this.#print(2, [`Assertion failed: ${args[0]}`, ...args.slice(1)]);
    else this.#print(2, ["Assertion failed", ...args]);
  };
  dir = (value: unknown, options: object = {}) =>
    this.#print(1, [inspect(value, { customInspect: false, ...options })]);
  dirxml = (...args: unknown[]) => this.#print(1, args);
  group = (...args: unknown[]) => {
    if (args.length > 0) this.#print(1, args);
    this.#indent += "  ";
  };
  groupCollapsed = this.group;
  groupEnd = () => {
    this.#indent = this.#indent.slice(2);
  };
  count = (label = "default") => {
    const count = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, count);
    this.#print(1, [`${label}: ${count}`]);
  };
  countReset = (label = "default") => void this.#counts.delete(label);
  time = (label = "default") => void this.#times.set(label, performance.now());
  timeLog = (label = "default", ...args: unknown[]) => {
    const start = this.#times.get(label);
    if (start !== undefined) this.#print(1, [`${label}: ${(performance.now() - start).toFixed(3)}ms`, ...args]);
  };
  timeEnd = (label = "default") => {
    this.timeLog(label);
    this.#times.delete(label);
  };
  table = (data: unknown, columns?: readonly string[]) => this.#print(1, [table(data, columns)]);
}

/** Node's table of box characters: one row for each entry, one column for each property. */
function table(data: unknown, wanted?: readonly string[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  const isMap = data instanceof Map;
  const isIterated = isMap || data instanceof Set;
  const rows = isIterated ? [...data].map((entry, index) => [index, entry] as const) : Object.entries(data);
  const show = (value: unknown) =>
    formatWithOptions(
      { depth: 0, compact: true, breakLength: Number.POSITIVE_INFINITY },
      typeof value === "string" ? "%O" : "%o",
      value,
    );
  const columns: string[] = [];
  let hasValues = false;
  if (isMap) {
    columns.push("Key");
    hasValues = true;
  }
  for (const [, row] of isMap ? [] : rows) {
    if (typeof row !== "object" || row === null) hasValues = true;
    else for (const key of wanted ?? Object.keys(row)) if (!columns.includes(key)) columns.push(key);
  }
  const head = [isIterated ? "(iteration index)" : "(index)", ...columns, ...(hasValues ? ["Values"] : [])];
  const body = rows.map(([index, row]) => {
    if (isMap) {
      const [key, value] = row as [unknown, unknown];
      return [`${index}`, show(key), show(value)];
    }
    const isRow = typeof row === "object" && row !== null;
    const cells = columns.map((key) => (isRow && key in row ? show((row as Record<string, unknown>)[key]) : ""));
    return [`${index}`, ...cells, ...(hasValues ? [isRow ? "" : show(row)] : [])];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((row) => row[column]!.length)) + 2);
  const line = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const text = (cells: readonly string[]) =>
    `│${cells.map((cell, column) => ` ${cell.padEnd(widths[column]! - 1)}`).join("│")}│`;
  return [line("┌", "┬", "┐"), text(head), line("├", "┼", "┤"), ...body.map(text), line("└", "┴", "┘")].join("\n");
}

export const console = new Console();
define(globalThis, { console });
