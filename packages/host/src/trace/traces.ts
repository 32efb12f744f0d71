/** Job: the recorders of one host, one for each project that it runs programs of. Never: record by itself. */
import { basename, relative, sep } from "node:path";
import { Recorder, type TraceEvent } from "./recorder.ts";

export interface TraceOptions {
  /** Hears once for each project that its runs cannot be recorded, and why. A run never fails for it. */
  readonly onProblem?: (message: string) => void;
}

/** The part of a project that a trace needs. */
export interface TracedProject {
  readonly root: string;
  /** Path of its capsule.toml, or null. */
  readonly file: string | null;
  readonly workflow: { readonly name: string | null; readonly version: string | null };
}

export class Traces {
  readonly #onProblem: (message: string) => void;
  readonly #recorders = new Map<string, Recorder>();

  constructor(options: TraceOptions = {}) {
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  /** What takes the events of one run of `path`, a program of `project`. */
  listener(project: TracedProject, path: string): (event: TraceEvent) => void {
    let recorder = this.#recorders.get(project.root);
    if (recorder === undefined) {
      recorder = new Recorder(project.root, project.file !== null, this.#onProblem);
      this.#recorders.set(project.root, recorder);
    }
    const way = relative(project.root, path);
    const subject = {
      agentName: project.workflow.name ?? basename(path),
      agentVersion: project.workflow.version ?? "",
      file: way === ".." || way.startsWith(`..${sep}`) ? path : way,
    };
    return (event) => recorder.record(event, subject);
  }

  /** Writes what is left. */
  close(): void {
    for (const recorder of this.#recorders.values()) recorder.close();
    this.#recorders.clear();
  }
}
