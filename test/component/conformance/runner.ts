/** Job: run a script's commands on some world of components, and say of each whether it holds. Never: know whose world it is. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { Command, Invoke, Source } from "./script.ts";
import { difference, readValue } from "./values.ts";

/** What is asked: a decoder and a linker. Each refuses by throwing. */
export interface World<Definition, Instance> {
  decode(bytes: Uint8Array): Definition;
  instantiate(definition: Definition): Instance;
  /** The same with a host that gives whatever is asked for, to see whether the definition is refused for itself. */
  link(definition: Definition): unknown;
  /** Undefined where the function has no result. */
  invoke(instance: Instance, name: string, args: readonly unknown[]): unknown;
  /** Whether this error says "not supported" rather than "wrong"; null: it does not. */
  unsupported(error: unknown): string | null;
  /** Whether the host lacks what is imported; null: this error says something else. */
  absent(error: unknown): string | null;
  /** Whether the world throws this on purpose: a trap, a refusal. Anything else is a defect. */
  deliberate(error: unknown): boolean;
}

export interface Outcome {
  readonly line: number;
  readonly kind: Command["kind"];
  /** `skipped`: what the world says that it does not support, and what depends on that. */
  readonly outcome: "holds" | "fails" | "skipped";
  readonly why: string;
}

class Skipped extends Error {}
const pending = "it did not start";

export async function runScript<D, I>(commands: readonly Command[], world: World<D, I>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const definitions = new Map<string, D | Skipped>();
  const instances = new Map<string, I | Skipped>();
  let lastDefinition: D | Skipped = new Skipped("no component before it");
  let lastInstance: I | Skipped = new Skipped("no instance before it");

  const keep = <T>(make: () => T): T | Skipped => {
    try {
      return make();
    } catch (error) {
      return new Skipped(`its component did not come to be: ${messageOf(error)}`);
    }
  };
  const invoke = ({ instance, name, args }: Invoke): unknown => {
    const on = instance === null ? lastInstance : (instances.get(instance) ?? new Skipped(`no instance ${instance}`));
    if (on instanceof Skipped) throw on;
    return world.invoke(on, name, args.map(readValue));
  };

  for (const command of commands) {
    const bytes = await bytesOf(command);
    const holds = (): string | null => {
      switch (command.kind) {
        case "component": {
          if (bytes instanceof Error) {
            lastInstance = lastDefinition = new Skipped(bytes.message);
            throw lastDefinition;
          }
          const definition = keep(() => world.decode(bytes!));
          lastDefinition = definition;
          if (command.name !== null) definitions.set(command.name, definition);
          if (command.instantiate) {
            lastInstance = definition instanceof Skipped ? definition : new Skipped(pending);
            if (command.name !== null) instances.set(command.name, lastInstance);
          }
          // Again, so that what it throws is judged.
          if (definition instanceof Skipped) world.decode(bytes!);
          else if (command.instantiate) {
            lastInstance = world.instantiate(definition);
            if (command.name !== null) instances.set(command.name, lastInstance);
          }
          return null;
        }
        case "instance": {
          const definition = command.of === null ? lastDefinition : definitions.get(command.of);
          if (definition === undefined) throw new Error(`no component ${command.of}`);
          lastInstance = new Skipped(pending);
          if (command.name !== null) instances.set(command.name, lastInstance);
          if (definition instanceof Skipped) throw definition;
          lastInstance = world.instantiate(definition);
          if (command.name !== null) instances.set(command.name, lastInstance);
          return null;
        }
        case "invoke":
          invoke(command.invoke);
          return null;
        case "return": {
          const result = invoke(command.invoke);
          const [expected] = command.expected;
          if (expected === undefined) return result === undefined ? null : "wanted no result";
          return difference(expected, result);
        }
        case "trap":
          return refused(() => {
            if (!("kind" in command.what)) return invoke(command.what);
            if (bytes instanceof Error) throw bytes;
            const definition = world.decode(bytes!);
            return world.instantiate(definition);
          });
        case "refused":
          // A text that does not parse is refused before anything of ours sees it.
          if (bytes instanceof Error) throw new Skipped("the text's parser refuses it");
          return refused(() => {
            const definition = world.decode(bytes!);
            return command.when === "link" ? world.instantiate(definition) : world.link(definition);
          }, command.when === "link");
        case "other":
          throw new Skipped(`${command.what}: not about components`);
        default:
          return command satisfies never;
      }
    };
    /** Holds when `run` throws on purpose. */
    const refused = (run: () => unknown, absentCounts = false): string | null => {
      try {
        run();
      } catch (error) {
        const lacks = world.unsupported(error) ?? (absentCounts ? null : world.absent(error));
        if (error instanceof Skipped || lacks !== null || !world.deliberate(error)) throw error;
        return null;
      }
      return `accepted; wanted ${JSON.stringify("message" in command ? command.message : "")}`;
    };
    const { line, kind } = command;
    try {
      const why = holds();
      outcomes.push({ line, kind, outcome: why === null ? "holds" : "fails", why: why ?? "" });
    } catch (error) {
      const reason = error instanceof Skipped ? error.message : (world.unsupported(error) ?? world.absent(error));
      // What depends on it says why it is not there.
      if (lastInstance instanceof Skipped && lastInstance.message === pending)
        lastInstance.message = `${pending}: ${reason}`;
      outcomes.push({ line, kind, outcome: reason === null ? "fails" : "skipped", why: reason ?? messageOf(error) });
    }
  }
  return outcomes;
}

async function bytesOf(command: Command): Promise<Uint8Array | Error | null> {
  let source: Source | null = null;
  if (command.kind === "component" || command.kind === "refused") source = command.source;
  else if (command.kind === "trap" && "kind" in command.what) source = command.what;
  if (source === null) return null;
  if (source.kind === "binary") return source.bytes;
  try {
    return await parse(source.text);
  } catch (error) {
    const why = /kind: Custom\("(.*?)"\)/.exec(String(error))?.[1];
    return new Error(`the text does not parse: ${why ?? "it is of another version of the format"}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
