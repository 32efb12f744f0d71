/** Job: `capsule instrument IN -o OUT`: read, meter, validate, write, report. Never: meter by itself. */
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit.ts";
import { isSameFile, readInput, writeAtomically } from "../files.ts";
import { define } from "./command.ts";

export const instrumentCommand = define({
  verb: "instrument",
  synopsis: "IN -o OUT",
  summary: "Meter a WebAssembly module or component: it counts fuel and stops when it is spent",
  positionals: {
    in: { describe: "module to meter, .wasm or .wat, or component, .wasm; - reads standard input", required: true },
  },
  options: {
    output: { alias: "o", type: "string", describe: "where to write; - is standard output" },
    global: {
      type: "string",

      describe:
        'import: the host gives the counter as "capsule" "fuel"; export: the module has it as "capsule:fuel" [default: export with --fuel, else import]',
    },
    fuel: {
      type: "string",

      describe: "budget that the file carries (components always do): LOW, MEDIUM, HIGH or a whole number",
    },
    "max-memory": { type: "string", describe: "maximum of every memory: 64MB, 2GB, plain bytes" },
    optimize: { type: "boolean", describe: "optimise with Binaryen before metering" },
    json: { type: "boolean", describe: "report as JSON" },
  },
  examples: [
    ["capsule instrument in.wasm -o out.wasm", "the host sets the budget"],
    ["capsule instrument in.wat -o out.wasm --fuel 1000000", "the file carries its budget; any engine runs it"],
    ["capsule instrument component.wasm -o out.wasm --fuel MEDIUM", "every core module in it counts on one budget"],
    ["capsule instrument in.wasm -o out.wasm --max-memory 64MB --json", "bound its memory; report for a program"],
  ],

  async run(options, { stdout, stderr }) {
    const input = options.in;
    const output = options.output;
    if (output === undefined)
      throw new UsageError(`no output: say where to write, such as -o ${suggestedOutput(input)}`);
    if (output === "-" && stdout.isTerminal)
      throw new UsageError("a module is no text for a terminal: redirect standard output, or name a file with -o");
    if (input !== "-" && output !== "-" && (await isSameFile(input, output)))
      throw new UsageError(`${JSON.stringify(output)} is the input itself: write to another file`);

    const bytes = await readInput(input);
    const { meter } = await import("../meter.ts");
    const metered = await meter(bytes, input, options);
    if (output === "-") stdout.writeBytes(metered.bytes);
    else await writeAtomically(output, metered.bytes);

    const report = await import("../render/report.ts");
    const text = options.json ? report.reportJson(metered, input, output) : report.reportText(metered, input, output);
    (output === "-" ? stderr : stdout).write(text);
    return exitCodes.success;
  },
});

function suggestedOutput(input: string): string {
  return input === "-" ? "out.wasm" : `${input.replace(/\.(wasm|wat)$/, "")}.metered.wasm`;
}
