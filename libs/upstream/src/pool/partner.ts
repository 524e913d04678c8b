/** What is looked at to decide which slot another one may absorb. */
export interface Neighbour {
  readonly cargo: { readonly size: number };
  /** Whether its line is up and nothing is going on that an absorption would disturb. */
  readonly isCalm: boolean;
}

/**
 * The slot whose streams the replacement of `host` should carry, too, so that one connection is left of two: of those
 * that fit beside the host's own on one connection, the emptiest. Undefined when there is none.
 */
export function partnerOf<S extends Neighbour>(host: S, slots: Iterable<S>, streamsPerLine: number): S | undefined {
  const room = streamsPerLine - host.cargo.size;
  let partner: S | undefined;
  for (const slot of slots) {
    if (slot === host || !slot.isCalm || slot.cargo.size > room) continue;
    if (!partner || slot.cargo.size < partner.cargo.size) partner = slot;
  }
  return partner;
}
