/** Product of two decimals as a text, exact, with the decimals of both; as `quoteQty` of a trade. */
export function exactProduct(a: string, b: string): string {
  const [wholeA = '0', fractionA = ''] = a.split('.');
  const [wholeB = '0', fractionB = ''] = b.split('.');
  const decimals = fractionA.length + fractionB.length;
  const digits = String(BigInt(wholeA + fractionA) * BigInt(wholeB + fractionB)).padStart(decimals + 1, '0');
  return `${digits.slice(0, digits.length - decimals)}.${digits.slice(digits.length - decimals, digits.length - decimals + 8)}`;
}
