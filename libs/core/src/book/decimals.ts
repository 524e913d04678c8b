import type { Decimal } from '../words/event.js';

const ZERO = 48;
const POINT = 46;
const USUAL_ZERO = '0.00000000';

/** Decimals that a rank counts. */
const RANKED_DECIMALS = 8;

/**
 * A whole number that rises with the decimal: its value in units of the eighth decimal, cut off, and at most the largest that a
 * double holds. So what has the lower rank is lower, and of two with the same rank `compareDecimals` tells. Every step that is not
 * exact ends above that largest number.
 */
export function rankOf(text: Decimal): number {
  const { length } = text;
  let rank = 0;
  let at = 0;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === POINT) break;
    rank = rank * 10 + (code - ZERO);
  }
  for (let decimals = 0; decimals < RANKED_DECIMALS; decimals++) {
    at += 1;
    rank *= 10;
    if (at < length) rank += text.charCodeAt(at) - ZERO;
  }
  return rank > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : rank;
}

/**
 * Which of two decimals is larger: below 0, 0 or above 0, as `sort` wants it. Exact whatever their length, because no number
 * is ever made of them; as exchanges write prices: digits, perhaps a point and more digits, no sign.
 */
export function compareDecimals(one: Decimal, other: Decimal): number {
  if (one === other) return 0;
  const pointOfOne = pointOf(one);
  const pointOfOther = pointOf(other);
  // Nearly always written alike: then the first letter that differs decides.
  if (pointOfOne === pointOfOther) return compareDigits(one, 0, other, 0);
  const fromOne = firstDigit(one);
  const fromOther = firstDigit(other);
  const longer = pointOfOne - fromOne - (pointOfOther - fromOther);
  return longer === 0 ? compareDigits(one, fromOne, other, fromOther) : longer;
}

/** Whether it is zero, however many zeros that takes. */
export function isZero(text: Decimal): boolean {
  if (text === USUAL_ZERO) return true;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== ZERO && code !== POINT) return false;
  }
  return true;
}

/** Zero with as many decimals: `0.00000000`. */
export function zeroLike(text: Decimal): Decimal {
  const decimals = text.length - pointOf(text) - 1;
  return decimals > 0 ? `0.${'0'.repeat(decimals)}` : '0';
}

/** Where the whole part ends. */
function pointOf(text: Decimal): number {
  const at = text.indexOf('.');
  return at < 0 ? text.length : at;
}

/** Where the whole part begins, but for zeros in front. */
function firstDigit(text: Decimal): number {
  let at = 0;
  while (text.charCodeAt(at) === ZERO) at++;
  return at;
}

/** Letter by letter from where both have as many digits before the point; what one has no digit for is zero. */
function compareDigits(one: Decimal, fromOne: number, other: Decimal, fromOther: number): number {
  const most = Math.max(one.length, other.length);
  for (let at = 0; at < most; at++) {
    const a = digitAt(one, fromOne + at);
    const b = digitAt(other, fromOther + at);
    if (a !== b) return a - b;
  }
  return 0;
}

/** Behind the end stand zeros, also where the point would stand: `5` is `5.0`. */
function digitAt(text: Decimal, at: number): number {
  const code = at < text.length ? text.charCodeAt(at) : ZERO;
  return code === POINT ? ZERO : code;
}
