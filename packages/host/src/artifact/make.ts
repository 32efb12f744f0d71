/** Job: a program → an artifact, an artifact → a program on an engine that fits it. Never: widen what was declared. */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import type { EngineContext, EngineName, Program } from "../engine/interface.ts";
import type { Engines } from "../engine/registry.ts";
import { CapsuleError } from "../errors.ts";
import { quote } from "../policy/problem.ts";
import type { Project } from "../policy/project.ts";
import type { Plan } from "../program/plan.ts";
import { readWhole } from "../program/read-whole.ts";
import { type Artifact, mostArtifactBytes, readArtifact } from "./format.ts";

/**
 * What is exported is what lies in the project, wherever a link in it may lead: an artifact is given away.
 * @throws CapsuleError `build_error`
 */
export async function checkExportable(path: string, root: string): Promise<void> {
  const [file, folder] = await Promise.all([realpath(path).catch(() => null), realpath(root)]);
  // That it cannot be read is said where it is read.
  if (file === null) return;
  const way = relative(folder, file);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new CapsuleError(
      "build_error",
      `${quote(path)} lies outside the project ${quote(root)}; only files of the project are exported: change to the program's folder`,
    );
}

export function artifactOf(program: Program, kind: string, plan: Plan, project: Project): Artifact {
  const { entry, files } = program.parts();
  const { workflow, defaults, limits } = project;
  return { kind, engine: program.engine, workflow, plan, defaults, limits, entry, files };
}

/** @throws CapsuleError `invalid_config` when it cannot be read, `build_error` when it is no artifact */
export async function loadArtifact(path: string, shown: string): Promise<Artifact> {
  const insteadOfFolder = "name an artifact, as capsule build writes it";
  const bytes = await readWhole(path, { shown, mostBytes: mostArtifactBytes, insteadOfFolder });
  return readArtifact(bytes, shown);
}

/**
 * The program of an artifact, on this machine's engine of its kind.
 * @throws CapsuleError `build_error` where that engine is another one than it was built for
 */
export async function restoreProgram(artifact: Artifact, engines: Engines, context: EngineContext): Promise<Program> {
  const { kind, engine, entry, files } = artifact;
  const program = await (await engines.named(kind)).restore({ entry, files }, context);
  if (!fits(program.engine, engine)) {
    const name = ({ name, version }: EngineName) => quote(`${name} ${version}`);
    const advice =
      kind === "python"
        ? "; which CPython there is, capsule doctor says (npm run engine:python makes the fast one, CAPSULE_PYTHON_ENGINE=npm takes the other)"
        : "";
    throw new CapsuleError(
      "build_error",
      `the artifact was built for ${name(engine)}, and this machine has ${name(program.engine)}: build it again here${advice}`,
    );
  }
  return program;
}

/** The same engine, but for a last number: behaviour and fuel of a run may differ in nothing that was promised. */
function fits(here: EngineName, built: EngineName): boolean {
  const series = (version: string) => /\d+(?:\.\d+)?/.exec(version)?.[0] ?? version;
  return here.name === built.name && series(here.version) === series(built.version);
}
