/** Decimals of every price and quantity that Binance writes for spot. */
const WRITTEN_DECIMALS = 8;

/**
 * Text of `units` × 10^-`decimals` with exactly eight decimals, as Binance writes prices and quantities.
 * Whole numbers in, text out: no float is ever printed.
 */
export function decimalText(units: number | bigint, decimals: number): string {
  const digits = String(units < 0 ? -units : units).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).padEnd(WRITTEN_DECIMALS, '0');
  return `${units < 0 ? '-' : ''}${whole}.${fraction}`;
}

/** `numerator` / `denominator` as a text with eight decimals, cut, not rounded; the numerator has `decimals` more decimals than the denominator. */
export function ratioText(numerator: bigint, denominator: bigint, decimals: number): string {
  if (denominator === 0n) return decimalText(0, 0);
  const scaled = (numerator * 10n ** BigInt(WRITTEN_DECIMALS - decimals)) / denominator;
  return decimalText(scaled, WRITTEN_DECIMALS);
}

/** `change` as per cent of `from`, with three decimals, as in `P` of a ticker. */
export function percentText(change: number, from: number): string {
  const thousandths = from === 0 ? 0 : Math.round((change / from) * 100_000);
  const digits = String(Math.abs(thousandths)).padStart(4, '0');
  return `${thousandths < 0 ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
