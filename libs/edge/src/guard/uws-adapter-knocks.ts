import type { HttpResponse } from 'uWebSockets.js';
import type { Comer, Connections, Crowding } from './connections.js';

/** A connection, and what uWebSockets.js gave us of it when it came: that stays good for as long as it is no client's. */
interface Doorstep {
  socket: HttpResponse;
  comer: Comer;
}

/** What has to be known of a request. */
interface Knocking {
  /** Whether it says that a body comes behind it. */
  hasBody: boolean;
  /** Whose it is, where its connection has one. */
  address: string | undefined;
}

/**
 * Why a connection may not stay when a request on it has been answered. `strange`: it is not known which one that is, for a body comes
 * behind the request, or it has not waited for the end of the one before.
 */
export type NotKept = Crowding | 'strange';

/** What a request tells of itself. */
interface KnockEvents {
  known(doorstep: Doorstep): void;
  ended(doorstep: Doorstep): void;
  over(doorstep: Doorstep): void;
  /** It ends its connection, and on which one it came nobody will ever know. */
  lost(): void;
  /** How many connections have closed so far. */
  closings(): number;
}

/** One request, until it is answered. */
export class Knock {
  /** Where it came; undefined where that is not known, or not yet. */
  doorstep: Doorstep | undefined;
  /** Whether it has been answered, or its connection has gone. */
  isOver = false;
  /** Whether nobody will ever know where it came: it is its connection's last one. */
  staysUnknown: boolean;
  /** Whose request it is, where a connection has one. */
  readonly address: string | undefined;
  private readonly whenGone: (() => void)[] = [];

  constructor(
    response: HttpResponse,
    { hasBody, address }: Knocking,
    private readonly tell: KnockEvents,
  ) {
    this.staysUnknown = hasBody;
    this.address = address;
    response.onAborted(() => this.gone());
    const { end, endWithoutBody, tryEnd } = {
      end: response.end.bind(response),
      endWithoutBody: response.endWithoutBody.bind(response),
      tryEnd: response.tryEnd.bind(response),
    };
    Object.assign(response, {
      onAborted: (then: () => void): HttpResponse => {
        this.whenGone.push(then);
        return response;
      },
      end: (body: string | Buffer, closes = false): HttpResponse => this.ending(closes, () => end(body, closes)),
      endWithoutBody: (length: number, closes = false): HttpResponse =>
        this.ending(closes, () => endWithoutBody(length, closes)),
      tryEnd: (body: Buffer, length: number): [boolean, boolean] =>
        this.ending(
          false,
          () => tryEnd(body, length),
          ([, hasEnded]) => hasEnded,
        ),
    });
  }

  /** It is known where it came. */
  cameAt(doorstep: Doorstep): void {
    this.doorstep = doorstep;
    if (this.isOver) this.tell.over(doorstep);
    else this.tell.known(doorstep);
  }

  /** Ends the answer, or tries to: it may close the connection at once, where the client has asked for that. */
  private ending<T>(closes: boolean, end: () => T, hasEnded: (result: T) => boolean = () => true): T {
    const before = this.tell.closings();
    const result = end();
    if (!hasEnded(result)) return result;
    if (!this.doorstep) {
      this.endsUnknown();
      return result;
    }
    this.isOver = true;
    if (closes || this.tell.closings() > before) this.tell.over(this.doorstep);
    else this.tell.ended(this.doorstep);
    return result;
  }

  private gone(): void {
    if (this.doorstep) this.tell.over(this.doorstep);
    else this.endsUnknown();
    this.isOver = true;
    for (const act of this.whenGone) act();
  }

  /** It is over before anybody knows where it came. */
  private endsUnknown(): void {
    if (this.staysUnknown && !this.isOver) this.tell.lost();
    this.isOver = true;
  }
}

/**
 * Knows of each request on which connection it came. uWebSockets.js does not say: each request has an object of its own, and nothing
 * of it tells two connections of one address from each other. But what has been left with a connection (`onData`) is called right
 * after the handler of a request on it, and what has been left there (`onAborted`) when it closes: so both are left again whenever an
 * answer has ended.
 */
export class Knocks {
  /** The request whose handler has run last, unless it is known on which connection it came. */
  private newest: Knock | undefined;
  private closings = 0;

  constructor(private readonly connections: Connections) {}

  /** A connection has come. */
  came(socket: HttpResponse, comer: Comer): void {
    this.listen({ socket, comer });
  }

  /** One that is no client's has closed. */
  closed(): void {
    this.closings += 1;
    this.connections.closed();
  }

  /** Begins with a request. It may be answered or upgraded in its handler, before its connection is known. */
  begin(response: HttpResponse, knocking: Knocking): Knock {
    const { hasBody, address } = knocking;
    const knock = new Knock(response, knocking, {
      known: ({ comer }) => this.connections.waits(comer),
      ended: (doorstep) => this.ended(doorstep),
      over: ({ comer }) => this.connections.over(comer),
      lost: () => this.connections.lost(address),
      closings: () => this.closings,
    });
    // Of a request with a body nobody knows when what was left is called.
    if (hasBody) response.onData(() => undefined);
    else this.newest = knock;
    return knock;
  }

  /** Serves a request whose connection is to stay, in the next turn: then that is known, and what was left can be left again. */
  keep(knock: Knock, serve: (whyNot: NotKept | undefined) => void): void {
    setImmediate(() => {
      if (this.newest === knock) this.newest = undefined;
      if (knock.isOver) return;
      const { doorstep, address } = knock;
      // After a head that says `Content-Length: 0` and comes in pieces, what was left is not called.
      if (!doorstep) knock.staysUnknown = true;
      serve(doorstep ? this.connections.asks(doorstep.comer, address) : 'strange');
    });
  }

  /** A request has been upgraded. */
  upgraded(knock: Knock): void {
    if (this.newest === knock) this.newest = undefined;
    this.connections.upgraded(knock.doorstep?.comer, knock.address);
  }

  private listen(doorstep: Doorstep): void {
    const { socket, comer } = doorstep;
    socket.onAborted(() => this.connections.over(comer));
    socket.onData(() => {
      const knock = this.newest;
      this.newest = undefined;
      knock?.cameAt(doorstep);
    });
  }

  /** An answer has ended, and another request may come. */
  private ended(doorstep: Doorstep): void {
    this.connections.answered(doorstep.comer);
    this.listen(doorstep);
  }
}
