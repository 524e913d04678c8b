/** Whether JavaScript's number for this JSON number has the same value, so that writing it again loses nothing. */
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
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
