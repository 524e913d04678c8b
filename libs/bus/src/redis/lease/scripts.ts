import type { ClaimAnswer, LeaseView } from '../../ports/lease.js';

/**
 * A lease is one hash: `owner` (empty: left), `term`, `beat` (rises with every change), `next` (who is meant to take it), `at`
 * (the server's time in milliseconds, for people), and a field `pub:<connection>` for every connection that may have something
 * of it under way, with the shard as its value. It does not expire: whoever sees that `beat` rests may take it. No clock decides
 * that, for Redis's own may be set.
 *
 * A connection stays in the hash until it is proved to carry nothing more: it has been killed, or has left behind all that it
 * carried. So a claimant that dies, or whose answer is lost, leaves to the next one what is to be killed.
 *
 * All run on the publishing connection to where records are: what is published there comes after what the script did, or before it.
 * Of a cluster each shard has a connection of its own in the hash.
 */

/** ARGV: claimant; owner, term and beat as they were seen, or three empty texts; a term to go above. Answer: `{1, term}` or `{0}`. */
export const CLAIM = `
local l = redis.call('HMGET', KEYS[1], 'owner', 'term', 'beat')
local owner, term, beat = l[1] or '', l[2] or '', l[3] or ''
local isSeen = owner == ARGV[2] and term == ARGV[3] and beat == ARGV[4]
if not isSeen and (owner == '' or owner ~= ARGV[1]) then return { 0 } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local given = string.format('%.0f', math.max((tonumber(term) or 0) + 1, tonumber(ARGV[5]) + 1, now))
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'term', given, 'next', '', 'at', string.format('%.0f', now))
redis.call('HINCRBY', KEYS[1], 'beat', 1)
return { 1, given }`;

/**
 * ARGV: holder; term; '1' where a lease that Redis has forgotten, or that is of a lower term, may be put back; how many connections
 * enter; of each its name and its shard; how many shards are left out, and their names; connections that have been killed. What
 * others may have under way at a shard that is left out is for whoever enters there. Answer: `{1}` entered; `{2, connection, shard,
 * …}` these must be killed first; `{0}` somebody else's.
 */
export const ENTER = `
local l = redis.call('HMGET', KEYS[1], 'owner', 'term')
local term, own = tonumber(l[2] or '') or 0, tonumber(ARGV[2])
local isOurs = l[1] == ARGV[1] and term == own
if not isOurs and (ARGV[3] ~= '1' or term >= own) then return { 0 } end
local mine, leftOut, killed, rivals = {}, {}, {}, { 2 }
local at = 5
for i = 1, tonumber(ARGV[4]) do mine['pub:' .. ARGV[at]], at = ARGV[at + 1], at + 2 end
local last = at + tonumber(ARGV[at])
for i = at + 1, last do leftOut[ARGV[i]] = true end
for i = last + 1, #ARGV do killed['pub:' .. ARGV[i]] = true end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local field, shard = all[i], all[i + 1]
  if string.sub(field, 1, 4) == 'pub:' and not mine[field] and not killed[field] and not leftOut[shard] then
    rivals[#rivals + 1] = string.sub(field, 5)
    rivals[#rivals + 1] = shard
  end
end
if #rivals > 1 then return rivals end
for field in pairs(killed) do redis.call('HDEL', KEYS[1], field) end
for field, shard in pairs(mine) do redis.call('HSET', KEYS[1], field, shard) end
if not isOurs then
  redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'term', ARGV[2], 'next', '')
  redis.call('HINCRBY', KEYS[1], 'beat', 1)
end
return { 1 }`;

/** ARGV: holder; term. Answer: 1 held, 2 there is no such lease, 0 somebody else's. */
export const RENEW = `
local l = redis.call('HMGET', KEYS[1], 'owner', 'term')
if not l[1] and not l[2] then return 2 end
if l[1] ~= ARGV[1] or l[2] ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'at', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
redis.call('HINCRBY', KEYS[1], 'beat', 1)
return 1`;

/** ARGV: holder; term; who is meant to follow, or empty; connections that have left behind all that they carried. Answer: 1, or 0: not ours. */
export const LEAVE = `
local l = redis.call('HMGET', KEYS[1], 'owner', 'term')
if l[1] ~= ARGV[1] or l[2] ~= ARGV[2] then return 0 end
for i = 4, #ARGV do redis.call('HDEL', KEYS[1], 'pub:' .. ARGV[i]) end
redis.call('HSET', KEYS[1], 'owner', '', 'next', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'beat', 1)
return 1`;

/** The fields that a look asks for, in the order in which `readView` reads them. */
export const LOOK_FIELDS = ['owner', 'term', 'beat', 'next'];

/** A registered connection, and the lane that it is of. */
export interface RegisteredConnection {
  connection: string;
  lane: string;
}

/** What ENTER answered; `rivals` are to be killed before it is asked again. */
export type EntryAnswer =
  { is: 'entered' } | { is: 'lost' } | { is: 'rivalled'; rivals: readonly RegisteredConnection[] };

/** Who enters, and what is known of others. */
export interface Entry {
  owner: string;
  term: number;
  mayRestore: boolean;
  own: readonly RegisteredConnection[];
  leftOut: readonly string[];
  killed: readonly string[];
}

/** How ENTER is asked. */
export const entryArguments = ({ owner, term, mayRestore, own, leftOut, killed }: Entry): (string | number)[] => [
  owner,
  term,
  mayRestore ? 1 : 0,
  own.length,
  ...own.flatMap(({ connection, lane }) => [connection, lane]),
  leftOut.length,
  ...leftOut,
  ...killed,
];

export function readView(reply: readonly (string | null)[]): LeaseView | undefined {
  if (reply.every((value) => value === null)) return undefined;
  const [owner, term, beat, next] = reply;
  return { owner: owner ?? '', term: Number(term), beat: Number(beat), next: next ?? '' };
}

export function readClaim(reply: unknown): ClaimAnswer {
  const [code, term] = wordsIn(reply);
  return code === '1' ? { is: 'given', term: Number(term) } : { is: 'taken' };
}

export function readEntry(reply: unknown): EntryAnswer {
  const [code, ...words] = wordsIn(reply);
  if (code !== '2') return { is: code === '1' ? 'entered' : 'lost' };
  const rivals = words.flatMap((connection, at) => (at % 2 === 0 ? [{ connection, lane: words[at + 1] ?? '' }] : []));
  return { is: 'rivalled', rivals };
}

export function readRenewal(reply: unknown): 'held' | 'gone' | 'lost' {
  if (reply === 1) return 'held';
  return reply === 2 ? 'gone' : 'lost';
}

/** How a claim says how the lease was seen. */
export const seenArguments = (seen: LeaseView | undefined): string[] =>
  seen ? [seen.owner, `${seen.term}`, `${seen.beat}`] : ['', '', ''];

const wordsIn = (reply: unknown): string[] => (Array.isArray(reply) ? reply.map(String) : []);
