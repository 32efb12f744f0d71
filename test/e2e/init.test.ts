/** Job: `capsule init`: a project that runs as it is, and never at the cost of one that is there. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capsule, project } from "./support/capsule.ts";

test.each([
  ["python", "main.py", "[4, 9]\n", "[49]\n"],
  ["typescript", "main.ts", "[4,9]\n", "[49]\n"],
] as const)("%s: the project runs, without and with arguments", async (language, file, result, other) => {
  using folder = project();
  const end = await capsule(["init", "my project", "--language", language], { cwd: folder.path });
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const path = join(folder.path, "my project");
  expect(readdirSync(path).sort()).toEqual(["capsule.toml", file]);
  expect((await capsule(["run"], { cwd: path })).stdout).toBe(result);
  expect((await capsule(["run", file, "7"], { cwd: path })).stdout).toBe(other);
  expect(await capsule(["run", "7"], { cwd: path })).toMatchObject({
    code: 2,
    stderr: `capsule: there is no file "7"; with arguments the program is named, too: capsule run ${file} 7\n`,
  });
});

test("a file that is there is left as it is, and nothing is written beside it", async () => {
  using folder = project({ "main.py": "mine" });
  const end = await capsule(["init"], { cwd: folder.path });
  expect(end).toMatchObject({ code: 2, stdout: "" });
  expect(end.stderr).toMatch(/^capsule: "main\.py" is there already and is left as it is; .*\n$/);
  expect(readdirSync(folder.path)).toEqual(["main.py"]);
  expect(readFileSync(join(folder.path, "main.py"), "utf8")).toBe("mine");
  expect((await capsule(["init", "-l", "ruby"], { cwd: folder.path })).stderr).toMatch(
    /--language is "ruby"; it takes python or typescript/,
  );
});

test.skipIf(process.platform === "win32")("what it says to do next can be typed as it stands", async () => {
  using folder = project();
  const name = `it's "ünusual" $HOME`;
  const { stdout } = await capsule(["init", name], { cwd: folder.path });
  const change = /^now: (cd .*) && capsule run$/m.exec(stdout)![1]!;
  const shell = spawnSync("sh", ["-c", `${change} && ls`], { cwd: folder.path, encoding: "utf8" });
  expect(shell).toMatchObject({ status: 0, stdout: "capsule.toml\nmain.py\n" });
  expect((await capsule(["init", "plain/dir-2"], { cwd: folder.path })).stdout).toContain(
    "now: cd plain/dir-2 && capsule run",
  );
});

test("a file in the folder's place is named", async () => {
  using folder = project({ there: "" });
  expect((await capsule(["init", "there"], { cwd: folder.path })).stderr).toBe(
    'capsule: "there" is a file; name a folder\n',
  );
});
