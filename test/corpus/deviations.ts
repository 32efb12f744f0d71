/** Job: the answers of the corpus in which this project differs from Wasmtime 50.0.1 on purpose, each with its reason. Never: hide a defect. */

/** `"<profile>/<file> <"export" | start>"` to the reason. */
export const deviations: Readonly<Record<string, string>> = {};
