/** Job: an inspection for people and for programs: tasks with their policies, a module's or component's imports and exports, what is lacking. Never: print a name that a guest chose unencoded. */
import {
  formatDuration,
  formatFuel,
  formatSize,
  type Inspection,
  type PlainOptions,
  type PolicyJson,
  quote,
  stringifyJson,
} from "@capsule-run/host";
import type { Output } from "../terminal/output.ts";
import { columns, size } from "./figures.ts";
import { componentSections, needsOfComponent } from "./world.ts";

const page = 65_536;
const name = (text: string) => (/^[\w./*:@-]+$/.test(text) ? text : quote(text));

export function inspectionJson(file: string, inspection: Inspection): string {
  const tasks = inspection.tasks.map((task) => ({
    ...task,
    lacks: lacksOfTask(task.declared, task.policy, inspection.minimumMemoryBytes),
  }));
  return `${stringifyJson({ file, ...inspection, tasks, needs: needsOf(inspection) }, "the inspection")}\n`;
}

export function inspectionText(file: string, inspection: Inspection, output: Output): string {
  const { engine, entry, tasks, undeclared, incomplete, minimumMemoryBytes, module, component } = inspection;
  const memories = (module ?? component)?.memories ?? null;
  const text: string[] = [
    columns(
      [
        ["program", name(file)],
        ["engine", `${engine.name} ${engine.version}`],
        ["runs", entry === null ? "nothing by itself; name an export with --invoke" : entryText(inspection)],
        ["least ram", `${formatSize(minimumMemoryBytes)} to start`],
      ],
      "",
    ),
  ];
  const heading = (title: string) => text.push(`\n${output.style("bold", title)}\n`);
  for (const { name: task, declared, policy } of tasks) {
    heading(`task ${name(task)}`);
    text.push(policyText(policy));
    for (const lack of lacksOfTask(declared, policy, minimumMemoryBytes)) text.push(`  → ${lack}\n`);
  }
  if (tasks.length === 0) {
    heading(memories === null ? "policy of what declares none" : "policy");
    text.push(policyText(undeclared));
  }
  if (incomplete !== null) text.push(`\n${collectedInVain(incomplete, output)}`);
  if (memories !== null) {
    heading("memories");
    if (memories.length === 0) text.push("  none\n");
    for (const { minimumPages, maximumPages, memory64 } of memories)
      text.push(
        `  ${size(minimumPages * page)} at the start, ${maximumPages === null ? "no maximum" : `at most ${size(maximumPages * page)}`}${memory64 ? ", 64-bit" : ""}\n`,
      );
  }
  if (module !== null) {
    heading("exports");
    if (module.exports.length === 0) text.push("  none\n");
    for (const { name: exported, kind, parameters, results } of module.exports)
      text.push(
        kind === "function"
          ? `  ${name(exported)}(${parameters?.join(", ") ?? ""})${results?.length ? ` → ${results.join(", ")}` : ""}\n`
          : `  ${name(exported)}: ${kind}\n`,
      );
    heading("imports");
    if (module.imports.length === 0) text.push("  none\n");
    for (const [from, entries] of Map.groupBy(module.imports, ({ module: from }) => from))
      text.push(`  ${name(from)}: ${entries.map((entry) => name(entry.name)).join(", ")}\n`);
  }
  if (component !== null)
    for (const [title, lines] of componentSections(component)) {
      heading(title);
      text.push(...lines.map((line) => `${line}\n`));
    }
  const needs = needsOf(inspection);
  if (needs.length > 0) heading("what it would need to be allowed");
  for (const need of needs) text.push(`  ${need}\n`);
  return text.join("");
}

const needsOf = (inspection: Inspection) => [...needsOfModule(inspection), ...needsOfComponent(inspection)];

function entryText({ entry, tasks, module, component }: Inspection): string {
  if (module !== null) return "_start";
  if (component !== null) return name(component.runs ?? "");
  return `${name(entry!)}${tasks.some((task) => task.name === entry) ? "" : ", which declares no policy of its own"}`;
}

function policyText(policy: PolicyJson): string {
  const list = (values: readonly string[]) => (values.length === 0 ? "none" : values.join(", "));
  return columns([
    ["compute", formatFuel(BigInt(policy.compute))],
    ["ram", formatSize(policy.ram)],
    ["timeout", policy.timeout === null ? "none" : formatDuration(policy.timeout)],
    ["retries", String(policy.max_retries)],
    [
      "files",
      list(
        policy.allowed_files.map(
          ({ path, host_path, mode }) =>
            `${name(path)} ← ${quote(host_path)} (${mode === "ro" ? "read-only" : "read-write"})`,
        ),
      ),
    ],
    ["hosts", list(policy.allowed_hosts)],
    ["env", list(policy.env_variables)],
  ]);
}

/** What a task declares and would not get, and who could give it. */
function lacksOfTask(declared: PlainOptions, policy: PolicyJson, minimumMemoryBytes: number): readonly string[] {
  const lacks: string[] = [];
  if (policy.ram < minimumMemoryBytes) lacks.push(`ram: it needs ${formatSize(minimumMemoryBytes)} or more to start`);
  const cut = (option: string, asked: string, got: string) =>
    lacks.push(`${option}: ${asked} is declared; the ceiling allows ${got}`);
  const { compute, ram, timeout, max_retries, allowed_hosts = [], allowed_files = [], env_variables = [] } = declared;
  if (compute !== undefined && BigInt(compute) > BigInt(policy.compute))
    cut("compute", formatFuel(BigInt(compute)), formatFuel(BigInt(policy.compute)));
  if (ram !== undefined && ram > policy.ram) cut("ram", formatSize(ram), formatSize(policy.ram));
  if (timeout !== undefined && policy.timeout !== null && timeout > policy.timeout)
    cut("timeout", formatDuration(timeout), formatDuration(policy.timeout));
  if (max_retries !== undefined && max_retries > policy.max_retries)
    cut("max_retries", String(max_retries), String(policy.max_retries));
  for (const host of allowed_hosts)
    if (!policy.allowed_hosts.includes(host))
      lacks.push(`host ${quote(host)} is declared; the ceiling does not allow all of it`);
  for (const { path, mode } of allowed_files) {
    const got = policy.allowed_files.find((grant) => grant.path === `/${path}` || (path === "." && grant.path === "/"));
    if (got === undefined) lacks.push(`folder ${quote(path)} is declared; the ceiling does not allow all of it`);
    else if (mode === "rw" && got.mode === "ro")
      lacks.push(`folder ${quote(path)} is declared read-write; the ceiling allows reading`);
  }
  for (const variable of env_variables)
    if (!policy.env_variables.includes(variable))
      lacks.push(`variable ${variable} is declared; it is not set here, or the ceiling does not allow it`);
  return lacks;
}

/** What a module's imports say about the rights that it may use. */
function needsOfModule({ module, undeclared, minimumMemoryBytes }: Inspection): readonly string[] {
  if (module === null) return [];
  const imported = module.imports
    .filter((entry) => entry.module === "wasi_snapshot_preview1")
    .map((entry) => entry.name);
  const calls = (pattern: RegExp) => imported.filter((call) => pattern.test(call));
  const needs: string[] = [];
  const say = (found: readonly string[], flag: string, what: string) => {
    if (found.length > 0)
      needs.push(`${what} ${flag} (it imports ${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""})`);
  };
  if (undeclared.allowed_files.length === 0)
    say(calls(/^(?:path_|fd_readdir$)/), "--allow-file DIR[:ro]", "folders, if it shall see any:");
  if (undeclared.env_variables.length === 0)
    say(calls(/^environ_get$/), "--env NAME", "variables of the environment, if it shall see any:");
  const sockets = calls(/^sock_/);
  if (sockets.length > 0)
    needs.push(`it imports ${sockets.join(", ")}: there are no sockets here, and these calls fail`);
  if (minimumMemoryBytes > undeclared.ram)
    needs.push(`memory: --ram ${formatSize(minimumMemoryBytes)} or more; it would have ${formatSize(undeclared.ram)}`);
  return needs;
}

/** Why a program's tasks are not known. */
export const collectedInVain = (incomplete: string, output: Output): string =>
  `To collect the tasks, the top level was run without rights, and ${output.safe(incomplete.trimEnd())}\n`;
