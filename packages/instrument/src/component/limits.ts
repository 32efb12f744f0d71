/**
 * Job: how much a component may declare, in one place; most are those of wasm-tools' validator, which every other engine
 * asks.
 * Never: check them.
 */

/** Components, component types and instance types inside each other. */
export const deepestNesting = 100;
/** Definitions, declarations, labels, arguments and exports of the whole binary: what becomes an object in the model. */
export const mostItems = 250_000;
/** Bytes of a name. */
export const longestName = 10_000;
/** Core modules of the whole binary, and core instances, instances and components of one component. */
export const mostModules = 1_000;
export const mostInstances = 1_000;
/** Labels of one flags type: they are the bits of an i32. */
export const mostFlags = 32;

/** Component instances of one tree: C that holds two B that hold two A … doubles with each line. */
export const mostInstantiations = 10_000;
/** Definitions, declarations, arguments and exports that are followed, each as often as it is instantiated. */
export const mostSteps = 250_000;
/** Instances that make instances. */
export const deepestChain = 500;
