/**
 * Job: `npm run engine:python`: CPython for WASI in a few minutes; `--numpy` makes the flavour with NumPy too, `--check` only says
 * whether it is there and whole, `--force` builds what is there again.
 * Never: know how.
 */
import { buildNumpy, isNumpyWhole, restoreNumpy } from "../../engine-python-numpy/build/main.ts";
import { buildEngine, isEngineWhole, partsThere, restoreEngine, workspaceHere } from "./engine.ts";
import { python } from "./sources.ts";
import { BuildError } from "./steps.ts";

const has = (option: string) => process.argv.includes(option);
const force = has("--force");

async function engine(): Promise<void> {
  if (isEngineWhole() && !force) return console.log("the engine is built already (--force builds it again)");
  const workspace = workspaceHere();
  if (!force && restoreEngine(workspace))
    return console.log(
      `CPython ${python.version} was built on this machine before and is used again (--force builds it anew)`,
    );
  await buildEngine(workspace);
}

async function numpy(): Promise<void> {
  if (isNumpyWhole() && !force) return console.log("the engine with NumPy is built already (--force builds it again)");
  const workspace = workspaceHere();
  if (!force && restoreNumpy(workspace))
    return console.log("the engine with NumPy was built on this machine before and is used again");
  await buildNumpy(workspace, partsThere(workspace) ?? (await buildEngine(workspace)));
}

try {
  if (has("--check")) {
    const whole = has("--numpy") ? isNumpyWhole() : isEngineWhole();
    const command = `npm run engine:python${has("--numpy") ? " -- --numpy" : ""}`;
    if (!whole) throw new BuildError(`the engine is not built yet, or not whole: ${command}`);
    console.log("the engine is built and whole");
  } else {
    await engine();
    if (has("--numpy")) await numpy();
  }
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`engine:python: ${error.message}`);
  process.exitCode = 1;
}
