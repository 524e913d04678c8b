/** Whether JavaScript's number for this JSON number has the same value, so that nothing is lost by reading it. */
export function isExactNumber(written: string): boolean {
  const value = Number(written);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  if (/^-?\d+$/.test(written)) return Number.isSafeInteger(value);
  return canonical(written) === canonical(String(value));
}

/** Sign, digits without zeros around them, and the exponent of the last digit: equal for equal numbers. */
function canonical(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = whole + fraction;
  const first = digits.search(/[1-9]/);
  if (first < 0) return '0';
  // Not an expression that ends in `0+$`: over a long row of zeros inside it takes the square of its length.
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return `${sign}${digits.slice(first, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
