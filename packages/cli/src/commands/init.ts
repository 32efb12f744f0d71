/** Job: `capsule init`: the two files that a project begins with. Never: touch a file that is there. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit.ts";
import { fileProblem } from "../files.ts";
import { define } from "./command.ts";

const programs = {
  python: {
    file: "main.py",
    text: `from capsule import task


@task(name="square", compute="LOW", ram="64MB", timeout="5s")
def square(number: int) -> int:
    return number * number


@task(name="main", timeout="30s")
def main(*numbers: str) -> list:
    """Each call runs in a sandbox of its own, and answers its envelope."""
    return [square(int(number))["result"] for number in numbers or ("2", "3")]
`,
  },
  typescript: {
    file: "main.ts",
    text: `import { task } from "@capsule-run/sdk";

const square = task({ name: "square", compute: "LOW", ram: "64MB", timeout: "5s" }, async (number: number) => number * number);

/** Each call runs in a sandbox of its own, and answers its envelope. */
export const main = task({ name: "main", timeout: "30s" }, async (...numbers: string[]) => {
  const envelopes = await Promise.all((numbers.length > 0 ? numbers : ["2", "3"]).map((number) => square(Number(number))));
  return envelopes.map(({ result }) => result);
});
`,
  },
} as const;

const configuration = (name: string, file: string) => `[workflow]
name = ${JSON.stringify(name)}
version = "0.1.0"
entrypoint = "${file}"

# What tasks get that do not say otherwise.
[tasks]
default_compute = "MEDIUM"
default_ram = "512MB"
default_timeout = "30s"

# What no task of this project can exceed, whatever it says; max_tasks is for a whole run.
[limits]
ram = "1GB"
timeout = "5m"
max_tasks = 1000
`;

/** `path` as a shell reads it, whatever is in it. */
const word = (path: string) =>
  /^[\w./\p{L}][-\w./~+,=:@%\p{L}]*$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

export const initCommand = define({
  verb: "init",
  synopsis: "[DIR]",
  summary: "Start a project: capsule.toml and a first program",
  positionals: { dir: { describe: "folder of the project, made where it is not there [default: this one]" } },
  options: { language: { alias: "l", type: "string", describe: "python or typescript [default: python]" } },
  examples: [
    ["capsule init hello && cd hello && capsule run", "a Python program with two tasks"],
    ["capsule init hello --language typescript", "the same in TypeScript"],
  ],

  async run({ dir = ".", language = "python" }, { stdout }) {
    if (!Object.hasOwn(programs, language))
      throw new UsageError(`--language is ${JSON.stringify(language)}; it takes python or typescript`);
    const program = programs[language as keyof typeof programs];
    const folder = resolve(dir);
    // TOML takes JSON's strings, but for what neither a folder nor a project should be called.
    const name = basename(folder).replace(/[^\w .-]/g, "-") || "project";
    const files = [
      ["capsule.toml", configuration(name, program.file)],
      [program.file, program.text],
    ] as const;
    await mkdir(folder, { recursive: true }).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "EEXIST")
        throw new UsageError(`${JSON.stringify(dir)} is a file; name a folder`);
      throw await fileProblem("write", dir, error);
    });
    const written: string[] = [];
    for (const [file, text] of files) {
      const path = join(dir, file);
      try {
        await writeFile(join(folder, file), text, { flag: "wx" });
        written.push(path);
      } catch (error) {
        // All or nothing: half a project would stand in the way of the next try.
        for (const made of written) await rm(resolve(made), { force: true });
        const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
        // A full disk leaves an empty file.
        if (!isThere) await rm(join(folder, file), { force: true });
        if (isThere)
          throw new UsageError(`${JSON.stringify(path)} is there already and is left as it is; name another folder`);
        throw await fileProblem("write", path, error);
      }
    }
    const go = dir === "." ? "" : `cd ${word(dir)} && `;
    stdout.write(`${written.map((path) => `wrote ${path}\n`).join("")}now: ${go}capsule run\n`);
    return exitCodes.success;
  },
});
