import { type Contract, HoldfastError } from '#libs/core';
import type { SubscribeData } from './stream-commands.js';

/**
 * Under what contract a client wants streams.
 *
 * @throws HoldfastError where the fields of the command contradict each other.
 */
export function readContract({ delivery = 'all', perSecond, since, last }: SubscribeData): Contract {
  // Absent also where they are null: class-validator lets that pass.
  if (delivery !== 'rate' && perSecond != null) throw badContract('perSecond: only with "delivery":"rate"');
  if (delivery === 'all' || delivery === null) return { delivery: 'all' };
  if (since != null) throw badContract('since: only with "delivery":"all", for the others leave messages out');
  if (last != null && last > 0) throw badContract('last: only with "delivery":"all"');
  if (delivery === 'latest') return { delivery };
  if (perSecond == null)
    throw badContract('perSecond: expected with "delivery":"rate": so many messages in a second at most');
  return { delivery, perSecond };
}

const badContract = (message: string): HoldfastError => new HoldfastError('bad-command', message);
