import type { BlockList } from 'node:net';
import {
  CLOSE,
  type Cancel,
  type Clock,
  type Millis,
  type Result,
  type StreamName,
  notOk,
  ok,
  stamp,
} from '#libs/core';
import {
  type Access,
  type AccessRefusal,
  type Counter,
  type Identified,
  networksOf,
  readCredential,
} from '#libs/runtime';
import { type Permit, covers } from '#libs/tokens';
import { clientAddress, countedAs, isTrusted } from './addresses.js';
import { type Comer, Connections, type Crowding } from './connections.js';
import { Quotas } from './quotas.js';
import { Rate } from './rate.js';
import type { Visit } from './visit.js';

/** Why somebody is turned away at the door, beside what keeps him out of every port. */
export const TURNED_AWAY = ['rate', 'handshakes', 'http', 'http-address', 'address', 'token', 'forbidden'] as const;

/** How a request is answered that is turned away. */
export interface DoorRefusal extends Omit<AccessRefusal, 'why'> {
  why: AccessRefusal['why'] | (typeof TURNED_AWAY)[number];
}

/** Somebody who may come in; what is left of his request goes on. */
export interface Admission {
  /** His address, as we believe it. */
  address: string;
  /** What he shares with nobody but himself: his name, where he has a token, else what counts as his address. */
  holder: string;
  /** Absent where nobody is asked who he is. */
  permit: Permit | undefined;
  /** The query, without a token. */
  query: string;
  /** The subprotocol to answer with. */
  protocol: string;
  /** To be called when he has gone, or does not come in after all; more than once does no harm. */
  leave: () => void;
}

export type Judged = Result<Admission, DoorRefusal>;

/** Somebody who is in. */
interface Holder {
  readonly permit: Permit | undefined;
  close(code: number, reason: string): void;
}

interface GuardParts {
  access: Access;
  /** The address of the port. */
  listensOn: string;
  clock: Clock;
  refused: Counter<'why'>;
}

/** So often it is looked who is in with a token that has ended. */
const LOOK_EVERY_MS: Millis = 1_000;

/** Who may come in at the clients' door, and how many. */
export class Guard {
  /** Those that are open and no client's. */
  readonly connections: Connections;
  private readonly trusted: BlockList;
  private readonly arrivals: Rate;
  private readonly addresses = new Quotas();
  private readonly holders = new Quotas();
  private cancel: Cancel = () => undefined;

  constructor(private readonly parts: GuardParts) {
    const { access, clock } = parts;
    this.trusted = networksOf(access.settings.trustedProxies);
    this.connections = new Connections(clock, access.settings.maxHandshakes);
    this.arrivals = new Rate(clock, access.settings.maxNewConnectionsPerSecond);
  }

  /** A connection has been opened; undefined where it is to be cut off. */
  came(peer: string): Comer | undefined {
    const comer = this.connections.came(this.ownerOf({ peer, proxied: '' }));
    if (!comer) this.parts.refused.inc({ why: 'handshakes' });
    return comer;
  }

  /** Whose a connection is: undefined where a proxy may send on it what anybody asks. */
  ownerOf({ peer, proxied }: Pick<Visit, 'peer' | 'proxied'>): string | undefined {
    if (!isTrusted(peer, this.trusted)) return countedAs(peer);
    return proxied === '' ? undefined : countedAs(proxied);
  }

  /** How a request is answered whose connection is one too many of those that speak HTTP; counted. */
  refuseCrowd(crowding: Crowding): DoorRefusal {
    const refusal = CROWDS[crowding];
    this.parts.refused.inc({ why: refusal.why });
    return refusal;
  }

  /** Whether a request may go on; at once, unless somebody has to be asked about its token. Never rejects. */
  judge(visit: Visit): Judged | Promise<Judged> {
    const address = clientAddress(visit, this.trusted);
    const counted = countedAs(address);
    const leave = this.enter(visit, counted);
    if (!leave.ok) return this.turnedAway(leave.problem);
    const { token, query, protocol } = readCredential(visit);
    const decide = (identified: Identified): Judged => {
      const place = identified.ok ? this.placeOf(identified.value) : identified;
      if (!place.ok) {
        leave.value();
        return this.turnedAway(place.problem);
      }
      const leaveBoth = (): void => [leave.value, place.value.leave].forEach((each) => each());
      const { permit } = place.value;
      const holder = permit ? `token ${permit.name}` : `address ${counted}`;
      return ok({ address, holder, query, protocol, permit, leave: leaveBoth });
    };
    const identified = this.parts.access.identify(token);
    return identified instanceof Promise ? identified.then(decide) : decide(identified);
  }

  /** The same of what anybody may have who may come as far as the door: nobody is asked who he is. */
  judgeUnnamed(visit: Visit): Judged {
    const address = clientAddress(visit, this.trusted);
    const counted = countedAs(address);
    const leave = this.enter(visit, counted);
    if (!leave.ok) return this.turnedAway(leave.problem);
    const { query, protocol } = readCredential(visit);
    return ok({ address, holder: `address ${counted}`, query, protocol, permit: undefined, leave: leave.value });
  }

  /** The page that may read what its request is answered, should it not come in now: none where it is empty, or may never come in. */
  readerOf(visit: Visit): string {
    const { access, listensOn } = this.parts;
    return visit.origin !== '' && access.refuse(visit, listensOn) === undefined ? visit.origin : '';
  }

  /** Why somebody may not have the streams of his request; counted. */
  refuseStreams(permit: Permit | undefined, streams: readonly { name: StreamName }[]): DoorRefusal | undefined {
    const other = streams.find(({ name }) => !covers(permit, name));
    if (!other) return undefined;
    this.parts.refused.inc({ why: 'forbidden' });
    return forbiddenStream(other.name);
  }

  /** From now on who is in with a token that ends is closed. */
  start(everybody: () => Iterable<Holder>): void {
    const { clock } = this.parts;
    const look = (): void => {
      const now = stamp(clock);
      for (const holder of everybody()) {
        if ((holder.permit?.expiresAt ?? Infinity) <= now) holder.close(CLOSE.tokenExpired, 'token expired');
      }
      this.cancel = clock.after(LOOK_EVERY_MS, look);
    };
    look();
  }

  stop(): void {
    this.cancel();
  }

  /** What costs least is asked first. */
  private enter(visit: Visit, counted: string): Result<() => void, DoorRefusal> {
    const { access, listensOn } = this.parts;
    if (!this.arrivals.allows(counted)) return notOk(TOO_FAST);
    const refusal = access.refuse(visit, listensOn);
    if (refusal) return notOk(refusal);
    const leave = this.addresses.take(counted, access.settings.maxConnectionsPerAddress);
    return leave ? ok(leave) : notOk(tooMany('address', 'Too many connections of this address'));
  }

  private placeOf(permit: Permit | undefined): Result<Pick<Admission, 'permit' | 'leave'>, DoorRefusal> {
    if (!permit) return ok({ permit, leave: () => undefined });
    const most = permit.connections ?? this.parts.access.settings.maxConnectionsPerToken;
    const leave = this.holders.take(permit.name, most);
    return leave ? ok({ permit, leave }) : notOk(tooMany('token', `Too many connections of ${permit.name}`));
  }

  private turnedAway(problem: DoorRefusal): Judged {
    this.parts.refused.inc({ why: problem.why });
    return notOk(problem);
  }
}

const TOO_FAST: DoorRefusal = {
  why: 'rate',
  status: '503 Service Unavailable',
  headers: { 'retry-after': '1' },
  body: 'Too many come in at once: come back in a second',
};

const tooMany = (why: 'address' | 'token' | 'http-address', body: string): DoorRefusal => ({
  why,
  status: '429 Too Many Requests',
  headers: { 'retry-after': '5' },
  body,
});

const CROWDS: Record<Crowding, DoorRefusal> = {
  'of-address': tooMany('http-address', 'Too many HTTP connections of this address'),
  'of-all': { ...TOO_FAST, why: 'http', body: 'Too many HTTP connections: come back in a second' },
};

const forbiddenStream = (name: StreamName): DoorRefusal => ({
  why: 'forbidden',
  status: '403 Forbidden',
  headers: {},
  body: `This token is not for ${name}`,
});
