import type { Market, RequestId } from '#libs/binance';
import { CLOSE, type Clock, HoldfastError, notOk } from '#libs/core';
import type { EdgeSettings, Log } from '#libs/runtime';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { Session } from './session.js';
import type { Command } from './wire/wire.js';

/** Owns up to a bug; `cause` is for the log, the message for the client. */
export const internalError = (cause: unknown): HoldfastError =>
  new HoldfastError('internal', 'this edge made a mistake; the command may or may not have been carried out', {
    cause,
  });

/** However few commands are allowed: who answers our pings, and pings as Binance allows, is within this. */
const LEAST_PINGS = 5;

/** Takes what clients say: holds them to their pace, has commands carried out in order, answers each. */
export class CommandDesk {
  constructor(
    private readonly settings: Pick<EdgeSettings, 'maxCommandsPerSecond'>,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: EdgeMetrics,
  ) {}

  /** Takes a client's message; undefined stands for a binary one. */
  receive(session: Session, text: string | undefined): void {
    const { maxCommandsPerSecond } = this.settings;
    const now = this.clock.now();
    const isInTime = session.rates.commands.allows(now, maxCommandsPerSecond);
    if (!isInTime && !session.rates.excess.allows(now, Math.max(session.wire.mostRefusals, maxCommandsPerSecond))) {
      this.metrics.commands.inc({ wire: session.wire.name, result: 'too-many-commands' });
      return session.close(session.wire.flood.code, session.wire.flood.reason);
    }
    const incoming = isInTime ? session.wire.read(text) : session.wire.tooFast(text, maxCommandsPerSecond);
    switch (incoming.kind) {
      case 'command':
        session.enqueue(() => this.carryOut(session, incoming.command));
        break;
      case 'refused':
        session.enqueue(async () => this.refuse(session, incoming.error, incoming.id));
        break;
      case 'hopeless':
        session.close(incoming.code, incoming.reason);
        break;
    }
  }

  /**
   * Counts a ping or a pong. uWebSockets.js has answered it already; without a limit a client that sends nothing else keeps this
   * process from everybody.
   */
  pinged(session: Session): void {
    const most = Math.max(LEAST_PINGS, this.settings.maxCommandsPerSecond);
    if (session.rates.pings.allows(this.clock.now(), most)) return;
    this.metrics.commands.inc({ wire: session.wire.name, result: 'too-many-pings' });
    session.close(session.wire.flood.code, session.wire.flood.reason);
  }

  private async carryOut(session: Session, command: Command): Promise<void> {
    const outcome = await session.run(command).catch((error: unknown) => notOk(internalError(error)));
    if (!outcome.ok) return this.refuse(session, outcome.problem, command.id);
    session.refusals = 0;
    this.metrics.commands.inc({ wire: session.wire.name, result: 'ok' });
    if (outcome.value !== undefined) session.send(session.wire.reply(command, outcome.value));
  }

  /** Tells a client that its command was refused, and closes it when that happens more often than its wire bears. */
  private refuse(session: Session, error: HoldfastError, id: RequestId | undefined): void {
    if (error.code === 'internal') {
      const fields = { code: 'edge.command-failed', client: session.id, err: error.cause };
      this.log.error(fields, 'a command failed because of a bug');
    }
    this.metrics.commands.inc({ wire: session.wire.name, result: error.code });
    session.send(session.wire.refuse(error, id));
    if (isPassing(session, error)) return;
    session.refusals += 1;
    if (session.refusals < session.wire.mostRefusals) return;
    if (error.code === 'too-many-commands') session.close(session.wire.flood.code, session.wire.flood.reason);
    else session.close(CLOSE.tooManyErrors, 'too many errors');
  }
}

/** Whether a command is refused for what is so now, and may be said again unchanged: who does as he is told is not closed for it. */
function isPassing({ entry }: Session, { code, streams }: HoldfastError): boolean {
  if (code === 'no-room') return true;
  // Of what comes too fast it is the openings that are told by name.
  if (code !== 'bad-stream') return code === 'too-many-commands' && streams !== undefined;
  // A good name is refused where its symbol is not listed yet.
  return streams !== undefined && Object.keys(streams).every((name) => isGood(entry.market.parse(name)));
}

const isGood = (parsed: ReturnType<Market['parse']>): boolean => parsed.ok && parsed.value.alias === undefined;
