/** Job: guest paths as programs write them, made absolute. Never: touch a file. */
import path from "path-browserify";
import { process } from "./process.ts";

export { path };

/** The absolute guest path of what a call of `fs` was given. */
export function absolute(given: unknown): string {
  let text: string;
  if (given instanceof URL) {
    if (given.protocol !== "file:")
      throw Object.assign(new TypeError("The URL must be of scheme file"), { code: "ERR_INVALID_URL_SCHEME" });
    text = decodeURIComponent(given.pathname);
  } else if (typeof given === "string") text = given;
  else if (ArrayBuffer.isView(given)) text = new TextDecoder().decode(given);
  else
    throw Object.assign(
      new TypeError(
        `The "path" argument must be of type string or an instance of Buffer or URL. Received ${given === null ? "null" : typeof given}`,
      ),
      { code: "ERR_INVALID_ARG_TYPE" },
    );
  return path.resolve(process.cwd(), text) as string;
}
