import type { ClientRow, ClientsShown, GoneRow } from '../words/page.js';
import { type GoneClient, fieldsOf, linesOf, numberIn, textIn } from '../words/sections.js';

export function clientsShown(section: unknown): ClientsShown | null {
  const fields = fieldsOf(section);
  const connected = numberIn(fields, 'connections');
  if (connected === null) return null;
  const of = (name: string): number => numberIn(fields, name) ?? 0;
  return { connected, native: of('native'), binance: of('binance'), backlogBytes: of('backlogBytes') };
}

/** The slowest clients, those first for whom most waits. */
export const clientRows = (section: unknown): ClientRow[] =>
  linesOf(fieldsOf(section)['clients']).map((client) => {
    const fields = fieldsOf(client);
    return {
      key: `${numberIn(fields, 'id') ?? ''}`,
      name: textIn(fields, 'holder') ?? '',
      address: textIn(fields, 'address') ?? '',
      agent: textIn(fields, 'agent') ?? '',
      wire: textIn(fields, 'wire') ?? '',
      streams: numberIn(fields, 'streams') ?? 0,
      connectedAt: Date.parse(textIn(fields, 'connectedAt') ?? '') || 0,
      backlogBytes: numberIn(fields, 'backlogBytes') ?? 0,
      conflated: numberIn(fields, 'conflated') ?? 0,
      isLeaving: fields['isLeaving'] === true,
    };
  });

const BY: Readonly<Record<GoneClient['by'], string>> = {
  us: 'the gateway',
  client: 'itself',
  transport: 'the network',
};

/** Clients that have gone, the newest first. */
export const goneRows = (section: unknown): GoneRow[] =>
  (linesOf(section) as readonly GoneClient[]).toReversed().map(({ id, holder, by, why, ...one }) => ({
    key: `${id}`,
    name: holder ?? '',
    address: one.address,
    agent: one.agent,
    wire: one.wire,
    connectedAt: one.connectedAt,
    leftAt: one.leftAt,
    code: one.code,
    by: BY[by],
    why,
    tone: by === 'us' && /slow/i.test(why) ? 'bad' : by === 'client' ? 'plain' : 'warn',
  }));
