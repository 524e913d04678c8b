/** What the gateway says about whether this page may connect; a browser itself tells nothing of why it could not. */
export interface DoorAnswer {
  isOpen: boolean;
  /** Why not: as counted in `holdfast_edge_refused_connections_total`. */
  why: string | null;
  /** For people. */
  says: string;
}

/** Undefined where it is no such answer. */
export function readDoorAnswer(value: unknown): DoorAnswer | undefined {
  const { isOpen, why, says } = (value ?? {}) as Record<string, unknown>;
  if (typeof isOpen !== 'boolean' || typeof says !== 'string') return undefined;
  return { isOpen, why: typeof why === 'string' ? why : null, says };
}

/** Whether a token would open it, or another one. */
export const wantsToken = ({ why }: Pick<DoorAnswer, 'why'>): boolean => why === 'no-token' || why === 'bad-token';

/** A token as a subprotocol can carry it; anything else would not even be sent. */
export const isToken = (text: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(text);
