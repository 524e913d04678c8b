/** Injection tokens of what `RuntimeModule` provides everywhere. */
export const CLOCK = Symbol('CLOCK');
export const RANDOM = Symbol('RANDOM');
export const LOG = Symbol('LOG');
export const ACCESS = Symbol('ACCESS');
/** The parts of the app in the order in which they start; they stop in reverse. Provided by the app's root module. */
export const SERVICES = Symbol('SERVICES');
