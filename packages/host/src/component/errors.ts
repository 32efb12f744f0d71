/** Job: what goes wrong between components: while linking, at a border, afterwards. Never: what a core module traps on (that is V8's). */

export type ComponentErrorCode =
  /** Against the rules of the component model; a validator would have refused it. */
  | "invalid_component"
  /** It asks for an import that the host does not give. */
  | "missing_import"
  /** What is given is not what is wanted. */
  | "type_mismatch"
  /** Valid, but not carried out here. */
  | "unsupported"
  /** More than limits.ts allows. */
  | "limit";

/** Thrown while a component is linked, before or between the instantiations of its core modules. */
export class ComponentError extends Error {
  readonly code: ComponentErrorCode;
  constructor(code: ComponentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ComponentError";
    this.code = code;
  }
}

/** A trap of the canonical ABI: the guest broke a rule at the border of a component. */
export class ComponentTrap extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ComponentTrap";
  }
}

/** A value that the host gave does not fit its WIT type: the host's mistake, not the guest's. */
export class ComponentValueError extends TypeError {
  constructor(message: string) {
    super(message);
    this.name = "ComponentValueError";
  }
}

export function trap(message: string): never {
  throw new ComponentTrap(message);
}
