import { Buffer } from 'node:buffer';
import { NASTY } from '../../test/support/broken-frames.js';
import type { Dice } from './random.js';

const PIECES = NASTY.map((piece) => Buffer.from(piece));

/** Longer frames only take longer; everything that depends on length is reached below this. */
const LONGEST = 8_192;

type Change = (bytes: Buffer, dice: Dice, other: Buffer) => Buffer;

/** Values that are JSON, so that what comes out mostly is JSON too and gets behind the first gate. */
const VALUES = [
  'null true [] {} "" 0 -0 1e3 12e10 1.5 9007199254740993 1e400 "1.0" "-1" "x" "trade" "btcusdt@trade" "\ud800"'.split(
    ' ',
  ),
  '[["1","2"]] [["1","2","3"]] [["1",2]] {"t":1,"t":2} {"__proto__":1}'.split(' '),
  '['.repeat(33) + ']'.repeat(33),
]
  .flat()
  .map((value) => Buffer.from(value));

const FIELDS = [
  'e',
  's',
  't',
  'u',
  'E',
  'k',
  'stream',
  'data',
  'id',
  'result',
  'error',
  'x',
  '币',
  '__proto__',
  'lastUpdateId',
];

/** Changes that mostly leave JSON behind. */
const SHAPED: readonly Change[] = [
  (bytes, dice) => spliced(bytes, ...valueIn(bytes, dice), dice.pick(VALUES)),
  (bytes, dice, other) => {
    const [from, length] = valueIn(other, dice);
    return spliced(bytes, ...valueIn(bytes, dice), other.subarray(from, from + length));
  },
  (bytes, dice) => {
    const field = Buffer.from(`"${dice.pick(FIELDS)}":${dice.pick(VALUES).toString()},`);
    const brace = bytes.indexOf('{', dice.roll(bytes.length));
    return brace < 0 ? bytes : spliced(bytes, brace + 1, 0, field);
  },
  (bytes, dice) => {
    const [from, length] = valueIn(bytes, dice);
    return spliced(bytes, from + dice.roll(length + 1), 0, Buffer.from(dice.pick([' ', '\n', '0', '币'])));
  },
];

const BLIND: readonly Change[] = [
  (bytes, dice) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[dice.roll(changed.length)] = dice.roll(256);
    return changed;
  },
  (bytes, dice) => bytes.subarray(0, dice.roll(bytes.length + 1)),
  (bytes, dice) => spliced(bytes, dice.roll(bytes.length + 1), dice.roll(16), Buffer.alloc(0)),
  (bytes, dice) => spliced(bytes, dice.roll(bytes.length + 1), dice.roll(3) * dice.roll(8), dice.pick(PIECES)),
  (bytes, dice) => spliced(bytes, afterMark(bytes, dice), 0, dice.pick(PIECES)),
  (bytes, dice) => spliced(bytes, afterMark(bytes, dice), 1 + dice.roll(12), dice.pick(PIECES)),
  (bytes, dice, other) => {
    const from = dice.roll(other.length + 1);
    return spliced(bytes, dice.roll(bytes.length + 1), 0, other.subarray(from, from + dice.roll(64)));
  },
  (bytes, dice, other) => {
    const at = afterMark(bytes, dice);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(afterMark(other, dice))]);
  },
];

/** A frame made from another by one to three changes; one time in four without regard for JSON's grammar. */
export function mutate(bytes: Buffer, dice: Dice, other: Buffer): Buffer {
  const changes = dice.roll(4) === 0 ? BLIND : SHAPED;
  let changed = bytes;
  for (let left = 1 + dice.roll(3); left > 0; left--) changed = dice.pick(changes)(changed, dice, other);
  return changed.subarray(0, LONGEST);
}

/** Where a value behind a colon stands, and how long it is if it holds no other value. */
function valueIn(bytes: Buffer, dice: Dice): [from: number, length: number] {
  const colon = bytes.indexOf(':', dice.roll(bytes.length + 1));
  if (colon < 0) return [bytes.length, 0];
  let end = colon + 1;
  while (end < bytes.length && !ENDS.has(bytes[end] ?? 0)) end++;
  return [colon + 1, end - colon - 1];
}

const ENDS = new Set([',', '}', ']'].map((mark) => mark.charCodeAt(0)));

const spliced = (bytes: Buffer, at: number, length: number, piece: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + length)]);

const MARKS = [':', ',', '{', '['].map((mark) => mark.charCodeAt(0));

/** A place right behind a mark of JSON's grammar: there, changes make frames that are wrong in more interesting ways. */
function afterMark(bytes: Buffer, dice: Dice): number {
  const found = bytes.indexOf(dice.pick(MARKS), dice.roll(bytes.length + 1));
  return found < 0 ? bytes.length : found + 1;
}
