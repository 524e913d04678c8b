import { bytes, count, duration } from '#libs/core';
import type { Meter } from '../words/page.js';
import { type StatusSections, fieldsOf, linesOf, numberIn, textIn } from '../words/sections.js';

/** How much is used of what Binance allows, and of what this process allows itself. */
export function metersOf(sections: StatusSections, attemptsLeft: number | null): Meter[] {
  return [
    ...attempts(sections, attemptsLeft),
    ...messages(sections),
    ...weights(sections['rest'], 'REST weight'),
    ...weights(sections['rest of clients'], 'REST weight for clients'),
    ...clients(sections),
  ].filter(({ most }) => most > 0);
}

function attempts(sections: StatusSections, left: number | null): Meter[] {
  const limits = fieldsOf(sections['limits']);
  const most = numberIn(limits, 'attempts');
  if (most === null || left === null) return [];
  const per = duration(numberIn(limits, 'attemptsPerMs') ?? 0);
  return [
    {
      key: 'Attempts to connect',
      used: Math.max(0, most - left),
      most,
      says: `${count(left)} left of ${count(most)} in ${per}, over all processes; some are always kept free`,
    },
  ];
}

function messages(sections: StatusSections): Meter[] {
  const limits = fieldsOf(sections['limits']);
  const [most, perConnection] = [numberIn(limits, 'messages') ?? 0, numberIn(limits, 'streamsPerConnection') ?? 0];
  return linesOf(sections['lines']).flatMap((line) => {
    const fields = fieldsOf(line);
    const [sent, streams] = [numberIn(fields, 'messagesInWindow') ?? 0, numberIn(fields, 'streams') ?? 0];
    const name = `connection ${numberIn(fields, 'generation') ?? ''}`;
    return [
      { key: `Messages, ${name}`, used: sent, most, says: `${sent} of ${most} in a second, pongs counted` },
      { key: `Streams, ${name}`, used: streams, most: perConnection, says: `${streams} of ${count(perConnection)}` },
    ];
  });
}

const weights = (hosts: unknown, name: string): Meter[] =>
  linesOf(hosts).map((host) => {
    const fields = fieldsOf(host);
    const [used, most] = [numberIn(fields, 'weightUsed') ?? 0, numberIn(fields, 'weightLimit') ?? 0];
    const held = numberIn(fields, 'heldForMs') ?? 0;
    const order = held > 0 ? `; Binance has ordered to wait, for another ${duration(held)}` : '';
    return {
      key: `${name}, ${hostIn(fields)}`,
      used,
      most,
      says: `${count(used)} of ${count(most)} in this minute${order}`,
    };
  });

const hostIn = (fields: Readonly<Record<string, unknown>>): string =>
  (textIn(fields, 'host') ?? '').replace(/^https?:\/\//, '');

function clients(sections: StatusSections): Meter[] {
  const shown = fieldsOf(sections['clients']);
  const [connected, backlog] = [numberIn(shown, 'connections'), numberIn(shown, 'backlogBytes') ?? 0];
  if (connected === null) return [];
  const most = numberIn(fieldsOf(sections['process']), 'clientsAtMost') ?? 0;
  const mostBytes = numberIn(shown, 'backlogBytesAtMost') ?? 0;
  return [
    { key: 'Clients', used: connected, most, says: `${count(connected)} of ${count(most)}` },
    {
      key: 'Bytes that wait for clients',
      used: backlog,
      most: mostBytes,
      says: `${bytes(backlog)} of ${bytes(mostBytes)}`,
    },
  ];
}
