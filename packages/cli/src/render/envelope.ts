/** Job: an envelope as the command shows it: the result alone, why there is none, what it used. Never: decide an exit code. */
import { type Envelope, formatDuration, formatFuel, formatSize, type Policy } from "@capsule-run/host";
import type { Output } from "../terminal/output.ts";
import { columns, grouped, size } from "./figures.ts";

/** A string as it is, null as nothing, anything else as the guest's own JSON text. */
export function showResult({ resultText }: Envelope, stdout: Output): void {
  if (resultText === "null") return;
  stdout.freshLine();
  stdout.write(
    resultText.startsWith('"') ? `${stdout.safe(JSON.parse(resultText) as string)}\n` : json(resultText, stdout),
  );
}

/** One line of JSON. On a terminal the control characters that JSON leaves as they are become escapes: the same value. */
export function json(text: string, output: Output): string {
  const shown = output.isTerminal
    ? text.replace(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
    : text;
  return `${shown}\n`;
}

export function showFailure({ error }: Envelope, stderr: Output): void {
  if (error === null) return;
  stderr.freshLine();
  stderr.write(`capsule: ${stderr.style("red", error.error_type)}: ${stderr.safe(error.message.trimEnd())}\n`);
}

/** What a run used, of what it was allowed. */
export function showUsage({ execution }: Envelope, policy: Policy | null, stderr: Output): void {
  const { engine } = execution;
  const rows: [string, string][] = [
    ["engine", `${engine.name} ${engine.version}`],
    ["time", formatDuration(execution.duration_ms)],
    ["fuel", `${grouped(execution.fuel_consumed)}${policy === null ? "" : ` of ${formatFuel(policy.fuel)}`}`],
    ["ram", `${size(execution.ram_used)}${policy === null ? "" : ` of ${formatSize(policy.memoryBytes)}`}`],
    ["retries", String(execution.retries)],
  ];
  for (const request of execution.host_requests)
    rows.push(["request", `${request.method} ${request.url} ${request.status ?? request.error ?? "failed"}`]);
  stderr.freshLine();
  stderr.write(stderr.style("dim", columns(rows).trimEnd()));
  stderr.write("\n");
}
