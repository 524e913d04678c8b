import type { Cancel, Epoch, Millis, Topic } from '#libs/core';
import type { Messages } from './messages.js';

/** How a lease stands. */
export interface LeaseView {
  /** Who holds it; empty where it was left. */
  owner: string;
  term: Epoch;
  /** Changes with everything that happens to the lease: as long as it does, its owner lives. */
  beat: number;
  /** Who is meant to take what was left; empty: anybody. */
  next: string;
}

/** Who wants a lease, in a term above which, and how it stood when that was decided. */
export interface LeaseClaim {
  /** A name that nobody else has, drawn anew by each process; not empty. */
  owner: string;
  above: Epoch;
  seen: LeaseView | undefined;
}

export type ClaimAnswer = { is: 'given'; term: Epoch } | { is: 'taken' };

/** What is held, and whether a bus that has forgotten it may be told again; that is asked each time. */
export interface LeaseHold {
  owner: string;
  term: Epoch;
  mayRestore(): boolean;
}

/**
 * The right to publish, of one process at a time. What is fenced is the connection, not the time: the bus itself carries nothing
 * more of whoever lost the lease. Calls reject where the bus has not answered within a second, or with `LeaseRefused` where it
 * says no. None is repeated by itself; what was not answered may have happened.
 */
export interface Lease {
  /** How it stands now; undefined where nobody has held it, or the bus has forgotten. */
  look(key: Topic): Promise<LeaseView | undefined>;

  /**
   * Given, in a term higher than the last, where it stands as it was seen, or is the claimant's own already. Others hold it no
   * more then, but what they have under way still comes, until the new holder has entered.
   */
  claim(key: Topic, claim: LeaseClaim): Promise<ClaimAnswer>;

  /** Resolves when the bus has answered for all that was published so far, what it refused for the moment included; or half a second later. */
  settled(): Promise<void>;

  /** Begins to hold what was given. Nothing leaves yet: `enter`. */
  hold(key: Topic, hold: LeaseHold): Holding;

  /**
   * Whether all that the bus carried before this call has been delivered here when it resolves; false where a connection broke
   * meanwhile, or it took too long.
   */
  heardAll(withinMs: Millis): Promise<boolean>;
}

/** A lease that is held. An object of its own: two markets on one bus hold one each. */
export interface Holding {
  /**
   * What it publishes leaves only while the present connection has entered; else it is dropped and counted, never kept. It keeps
   * its order with all else that this process publishes.
   */
  readonly messages: Pick<Messages, 'publish'>;

  /** Whether it leaves now. */
  readonly isOpen: boolean;

  /**
   * Registers the present connection, after the bus has ended every other one that was registered: nothing they still have under
   * way will be carried. Each new connection does so by itself. `lost`: it is somebody else's.
   */
  enter(): Promise<'entered' | 'lost'>;

  /** Says that the holder lives; enters first where the connection has not. `gone`: the bus has forgotten the lease: `enter`. */
  renew(): Promise<'held' | 'gone' | 'lost'>;

  /**
   * Publishes nothing more, and resolves when all that left before has been carried and somebody else may claim; false where it
   * was not ours any more. It is over then.
   */
  leave(next?: string): Promise<boolean>;

  /** Ends the present connection at once; the next one enters. */
  cut(): void;

  /** Told once, when it is found to be somebody else's, by whatever call or connection. It is over then. */
  onLost(listener: () => void): Cancel;

  /** It is over: nothing leaves any more, nobody is told, and the connection is let go. */
  end(): void;
}

/** The bus answered, and said no; its words are the message. */
export class LeaseRefused extends Error {
  constructor(
    words: string,
    /** Whether they say that this is no place to publish any more, and not only that nothing can be kept there for now. */
    readonly isWrongPlace: boolean,
  ) {
    super(words);
    this.name = 'LeaseRefused';
  }
}
