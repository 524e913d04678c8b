import { UNDER_WAY_MS } from '../local/spendings.js';

/** A process that has not used a key for so long is not counted among its users any more. */
const SEEN_MS = 600_000;

/** What was taken so much earlier by the server's clock than by that of a process was so because the server's has been set. */
const STEP_MS = 5_000;

/**
 * One atomic step with the server's clock, so that processes with different clocks share one window. First Redis is told what
 * this process remembers: it may have come back empty, or its clock
 * may have been set, or be another server's by now: nothing was taken later than now, or earlier than a process remembers. Then it adds what the address has counted and nobody here has taken.
 * Without an amount nothing is taken. The answer is how long to wait, how long the key is held, by how many processes it is
 * used, and what Redis knew before the taking: id, age and amount of every spending it keeps.
 *
 * Keys: spendings by time; there while the key is held; the amounts other than 1; processes by when they were seen.
 */
export const EXCHANGE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local owner, id, amount, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local window, keep, held = tonumber(ARGV[5]) * 1000, tonumber(ARGV[6]) * 1000, tonumber(ARGV[7])
local used, since = tonumber(ARGV[8]), tonumber(ARGV[9]) * 1000
local at, amounts = {}, {}

local stored = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #stored, 2 do at[stored[i]], amounts[stored[i]] = tonumber(stored[i + 1]), 1 end
stored = redis.call('HGETALL', KEYS[3])
for i = 1, #stored, 2 do amounts[stored[i]] = tonumber(stored[i + 1]) end

local function put(which, when, sum)
  at[which], amounts[which] = when, sum
  redis.call('ZADD', KEYS[1], string.format('%.0f', when), which)
  if sum ~= 1 then redis.call('HSET', KEYS[3], which, sum) end
end

for which, when in pairs(at) do
  if when > now then put(which, now, amounts[which]) end
end

for i = 10, #ARGV, 3 do
  local when, sum = now - ARGV[i + 1] * 1000, tonumber(ARGV[i + 2])
  local before = at[ARGV[i]]
  if not before or amounts[ARGV[i]] < sum or before < when - ${STEP_MS * 1_000} then
    put(ARGV[i], math.max(before or 0, when), math.max(amounts[ARGV[i]] or 0, sum))
  end
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - keep))
for which, sum in pairs(amounts) do
  if (at[which] or 0) < now - keep then
    at[which] = nil
    if sum ~= 1 then redis.call('HDEL', KEYS[3], which) end
  end
end

if used > 0 then
  for which, when in pairs(at) do
    if when >= now - since - ${UNDER_WAY_MS * 1_000} then used = used - amounts[which] end
  end
  if used > 0 then put(id, now - since, used) end
end

local heldMs = math.max(0, redis.call('PTTL', KEYS[2]))
if held > heldMs then
  redis.call('SET', KEYS[2], '1', 'PX', held)
  heldMs = held
end

local order = {}
for which in pairs(at) do order[#order + 1] = which end
table.sort(order, function(one, other) return at[one] < at[other] end)
local known = {}
for _, which in ipairs(order) do
  known[#known + 1] = which
  known[#known + 1] = string.format('%.0f', (now - at[which]) / 1000)
  known[#known + 1] = amounts[which]
end

local wait = heldMs
if amount > 0 then
  local excess, fullMs = amount - limit, window / 1000
  for _, which in ipairs(order) do
    if at[which] > now - window then excess = excess + amounts[which] end
  end
  if excess > 0 then
    for _, which in ipairs(order) do
      if at[which] > now - window then
        excess = excess - amounts[which]
        if excess <= 0 then
          fullMs = (at[which] + window - now) / 1000
          break
        end
      end
    end
    wait = math.max(wait, 1, math.ceil(fullMs))
  end
  if wait == 0 then put(id, now, (at[id] and amounts[id] or 0) + amount) end
end

redis.call('ZREMRANGEBYSCORE', KEYS[4], string.format('(%.0f', now), '+inf')
redis.call('ZADD', KEYS[4], string.format('%.0f', now), owner)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', string.format('(%.0f', now - ${SEEN_MS * 1_000}))
local seen = redis.call('ZCOUNT', KEYS[4], '-inf', '+inf')
for _, key in ipairs({ KEYS[1], KEYS[3] }) do redis.call('PEXPIRE', key, math.ceil(keep / 1000)) end
redis.call('PEXPIRE', KEYS[4], ${SEEN_MS})

local answer = { wait, heldMs, seen }
for _, value in ipairs(known) do answer[#answer + 1] = value end
return answer`;
