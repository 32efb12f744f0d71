/** Job: the door to what a component's definitions mean, resolved and described; it loads neither decoder nor meter. Never: code of its own. */
export { describeComponent, type World, type WorldEntry, type WorldItem } from "./describe.ts";
export { type Environment, type Item, resolveComponent, type TypeItem, typeAt } from "./resolve.ts";
