/** Job: wasi:cli: arguments, environment, exit, standard streams; there are no terminals. Never: files. */
import { type Group, nothing, type Result } from "./context.ts";
import { StandardInput, StandardOutput } from "./streams.ts";

export const cliInterfaces: Group = ({ kernel }) => {
  const [stdin, stdout, stderr] = kernel.streams;
  const environment = kernel.env.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  /** A guest that knew of a terminal would send it control sequences. */
  const noTerminal = () => null;

  return {
    "wasi:cli/environment": {
      functions: {
        "get-environment": () => environment,
        "get-arguments": () => kernel.args,
        "initial-cwd": () => null,
      },
    },
    "wasi:cli/exit": {
      functions: {
        exit: (status: Result) => kernel.end(status.tag === "ok" ? 0 : 1),
        "exit-with-code": (code: number) => kernel.end(code),
      },
    },
    "wasi:cli/stdin": { functions: { "get-stdin": () => new StandardInput(stdin) } },
    "wasi:cli/stdout": { functions: { "get-stdout": () => new StandardOutput(stdout) } },
    "wasi:cli/stderr": { functions: { "get-stderr": () => new StandardOutput(stderr) } },
    "wasi:cli/terminal-input": { functions: {}, resources: { "terminal-input": nothing } },
    "wasi:cli/terminal-output": { functions: {}, resources: { "terminal-output": nothing } },
    "wasi:cli/terminal-stdin": { functions: { "get-terminal-stdin": noTerminal } },
    "wasi:cli/terminal-stdout": { functions: { "get-terminal-stdout": noTerminal } },
    "wasi:cli/terminal-stderr": { functions: { "get-terminal-stderr": noTerminal } },
  };
};
