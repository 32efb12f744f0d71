/** Job: the public door of `@capsule-run/instrument/binaryen`. Never: code of its own. */
export { optimize } from "./optimize.ts";
export { instrumentPlain } from "./plain.ts";
