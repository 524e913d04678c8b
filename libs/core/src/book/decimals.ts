import type { Decimal } from '../words/event.js';

const ZERO = 48;
const POINT = 46;

/**
 * Which of two decimals is larger: below 0, 0 or above 0, as `sort` wants it. Exact whatever their length, because no number
 * is ever made of them; as exchanges write them: digits, perhaps a point and more digits, no sign.
 */
export function compareDecimals(one: Decimal, other: Decimal): number {
  // Nearly always written alike: then the first letter that differs decides.
  const pointOfOne = pointOf(one);
  const pointOfOther = pointOf(other);
  if (pointOfOne !== pointOfOther) return compareWholes(one, pointOfOne, other, pointOfOther);
  return compareDigits(one, 0, other, 0);
}

/** Whether it is zero, however many zeros that takes. */
export function isZero(text: Decimal): boolean {
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

/** The same when whole parts are not as long as each other: by their length, once zeros in front are gone. */
function compareWholes(one: Decimal, pointOfOne: number, other: Decimal, pointOfOther: number): number {
  const fromOne = firstDigit(one, pointOfOne);
  const fromOther = firstDigit(other, pointOfOther);
  const longer = pointOfOne - fromOne - (pointOfOther - fromOther);
  return longer === 0 ? compareDigits(one, fromOne, other, fromOther) : longer;
}

function firstDigit(text: Decimal, point: number): number {
  let at = 0;
  while (at < point && text.charCodeAt(at) === ZERO) at++;
  return at;
}

/** Letter by letter from where both have as many digits before the point; what one has no digit for is zero. */
function compareDigits(one: Decimal, fromOne: number, other: Decimal, fromOther: number): number {
  const most = Math.max(one.length - fromOne, other.length - fromOther);
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
