/**
 * Job: one line of `capsule worker` → what it asks for, with its id and its arguments as the text that they are.
 * Never: carry it out; read a number and write it again.
 */

export type Request =
  | {
      readonly kind: "run";
      /** JSON text, to be echoed as it is. */
      readonly id: string;
      readonly file: string;
      /** JSON text of an array. */
      readonly args: string;
      readonly mounts: readonly string[];
      /** The project; null: the worker's own folder. */
      readonly cwd: string | null;
    }
  | { readonly kind: "cancel"; readonly id: string };

/** A line that asks for nothing that can be done. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** JSON text of its id; "null" where it has none. */
  readonly id: string;
  constructor(id: string, message: string) {
    super(message);
    this.id = id;
  }
}

const keys = ["id", "file", "args", "mounts", "cwd", "cancel"];
const shape = '{"id": 1, "file": "main.py", "args": [], "mounts": []}';
const mostIdLength = 1000;
const mostMounts = 1000;

/** @throws RequestError */
export function parseRequest(text: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RequestError("null", `the line is no JSON: ${(error as Error).message}; a request is ${shape}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RequestError("null", `the line is no JSON object; a request is ${shape}`);
  const request = value as Readonly<Record<string, unknown>>;
  const { texts, repeated } = members(text);
  const id = texts.get("id");
  const kind = typeof request["id"];
  if (id === undefined || (kind !== "string" && kind !== "number") || id.length > mostIdLength)
    throw new RequestError("null", `the request has no id; it takes a text or a number: ${shape}`);
  const refuse = (message: string): never => {
    throw new RequestError(id, message);
  };
  const unknown = Object.keys(request).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    return refuse(`the request has the unknown key ${JSON.stringify(unknown)}; known: ${keys.join(", ")}`);
  if (repeated !== null) return refuse(`the request has the key ${JSON.stringify(repeated)} twice`);

  const { file, args, mounts, cwd, cancel } = request;
  if (cancel !== undefined) {
    if (cancel !== true || Object.keys(request).length !== 2)
      return refuse('a cancellation is {"id": the id of the run, "cancel": true}');
    return { kind: "cancel", id };
  }
  if (typeof file !== "string" || file === "" || file.includes("\0"))
    return refuse('"file" is the path of a program, such as "main.py"');
  if (args !== undefined && !Array.isArray(args)) return refuse('"args" is an array of arguments');
  if (cwd !== undefined && cwd !== null && (typeof cwd !== "string" || cwd.includes("\0")))
    return refuse('"cwd" is the path of a folder');
  const list: unknown = mounts ?? [];
  if (!Array.isArray(list) || list.length > mostMounts || !list.every((mount) => typeof mount === "string"))
    return refuse('"mounts" is an array of texts such as "./data::/input:ro"');
  return {
    kind: "run",
    id,
    file,
    args: texts.get("args") ?? "[]",
    mounts: list as string[],
    cwd: (cwd as string) ?? null,
  };
}

/** The text of each member of an object whose JSON has been found valid, and a key that it has twice. */
function members(text: string): { readonly texts: ReadonlyMap<string, string>; readonly repeated: string | null } {
  const texts = new Map<string, string>();
  let repeated: string | null = null;
  let at = text.indexOf("{") + 1;
  const skipString = () => {
    for (at += 1; text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    at += 1;
  };
  while (at < text.length) {
    while (text[at] !== '"' && at < text.length) at += 1;
    if (at >= text.length) break;
    const keyFrom = at;
    skipString();
    const key = JSON.parse(text.slice(keyFrom, at)) as string;
    at = text.indexOf(":", at) + 1;
    const from = at;
    for (let depth = 0; ; ) {
      const character = text[at]!;
      if (character === '"') {
        skipString();
        continue;
      }
      if (depth === 0 && (character === "," || character === "}")) break;
      if (character === "{" || character === "[") depth += 1;
      else if (character === "}" || character === "]") depth -= 1;
      at += 1;
    }
    if (texts.has(key)) repeated = key;
    texts.set(key, text.slice(from, at).trim());
  }
  return { texts, repeated };
}
