/** Job: the public door of `@capsule-run/instrument/text`. Never: code of its own. */
export { parseText } from "./parse.ts";
export { printText } from "./print.ts";
