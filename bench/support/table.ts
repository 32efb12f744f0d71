/** Job: a table as text for people. Never: compute what is in it. */

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Said under the table: what was skipped, what a column means. */
  readonly notes: readonly string[];
}

const cell = (value: string | number | null): string =>
  value === null
    ? "–"
    : typeof value === "number"
      ? Number.isInteger(value)
        ? String(value)
        : value.toFixed(value < 10 ? 2 : 1)
      : value;

/** As Markdown, aligned so that it reads well unrendered; all columns but the first to the right. */
export function renderTable(table: Table): string {
  const rows = [table.columns.map(String), ...table.rows.map((row) => row.map(cell))];
  const widths = table.columns.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [
    `## ${table.title}`,
    "",
    line(rows[0]!),
    rule,
    ...rows.slice(1).map(line),
    "",
    ...table.notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}
