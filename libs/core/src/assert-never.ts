/** Ends a switch over kinds: a kind without a case breaks the build here, and the process if a type lied. */
export function assertNever(value: never): never {
  throw new Error(`No case for ${JSON.stringify(value)}`);
}
