/** Job: what a program's discovery has compiled is not compiled again by its runs; lines and changes are as without it. */
import { expect, test } from "vitest";
import { python } from "./support.ts";

const py = python();

const long = (value: number) =>
  `${Array.from({ length: 1_000 }, (_, index) => `def f${index}(x):\n    return [x + ${index} for _ in range(3)]\n`).join("")}LAST = ${value}\n`;

test("a long program and the module beside it are parsed once", async () => {
  py.write("beside.py", long(1));
  const program = (value: number) => `${long(value)}
from capsule import task
@task(name="main")
def main():
    import beside
    return [LAST, beside.LAST]
`;
  const first = await py.run(program(1));
  expect([first.error, first.result]).toEqual(["", [1, 1]]);
  // The module is imported by the task, and not by the discovery: it is parsed in the run.
  const alone = await py.run(
    program(1).replace("    import beside\n", "    global beside\n    class beside: LAST = 1\n"),
  );
  expect(alone.result).toEqual([1, 1]);
  const parsed = first.envelope.execution.fuel_consumed - alone.envelope.execution.fuel_consumed;
  expect(parsed).toBeGreaterThan(50_000_000n);
  // The program is as long as the module.
  expect(alone.envelope.execution.fuel_consumed).toBeLessThan(parsed / 5n);
  const early = await py.run(`import beside\n${program(1)}`);
  expect(early.envelope.execution.fuel_consumed).toBeLessThan(parsed / 2n);
});

test("what was changed is what runs", async () => {
  const program = 'import beside\nfrom capsule import task\n@task(name="main")\ndef main(): return [1, beside.LAST]\n';
  for (const value of [1, 2]) {
    py.write("beside.py", long(value));
    expect((await py.run(program.replace("[1", `[${value}`))).result).toEqual([value, value]);
  }
});

test("a traceback shows the file's lines", async () => {
  const { error } = await py.run('from capsule import task\n@task(name="main")\ndef main():\n    return 1 / 0  # é\n');
  expect(error).toContain('File "main.py", line 4, in main\n    return 1 / 0  # é');
});
