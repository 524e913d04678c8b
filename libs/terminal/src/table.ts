import stringWidth from 'string-width';
import { clip } from './fit.js';

export interface Column<Row> {
  title: string;
  /** Text of one cell; may carry terminal colours, which take no room. */
  cell: (row: Row) => string;
  /** Numbers stand at the right edge of their column. */
  isNumber?: boolean;
  /** Left out where lines are short; the last of them goes first. */
  isSpare?: boolean;
}

const GAP = 2;

/** Spare columns go before a text is clipped to less than this, and where none is left, nothing is clipped to less than that. */
const GOOD_TEXT = 20;
const LEAST_TEXT = 8;

/**
 * Lines of a plain table: a header, a rule, one line per row. Wide characters (币安人生) count as the two cells they take. Where
 * lines are too short, spare columns go, then the longest texts are clipped.
 */
export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const needed = columns.map(({ title }, index) =>
    Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const kept = keptOf(columns, needed, width);
  const widths = squeezed(columns, needed, kept, width);
  const padded = (text: string, index: number): string => {
    const most = widths[index] ?? 0;
    const room = ' '.repeat(Math.max(0, most - stringWidth(text)));
    return columns[index]?.isNumber ? room + text : clip(text, most) + room;
  };
  const lineOf = (texts: readonly string[]): string =>
    kept
      .map((index) => padded(texts[index] ?? '', index))
      .join(' '.repeat(GAP))
      .trimEnd();
  return [
    lineOf(columns.map(({ title }) => title)),
    kept.map((index) => '─'.repeat(widths[index] ?? 0)).join(' '.repeat(GAP)),
    ...cells.map(lineOf),
  ];
}

const total = (kept: readonly number[], widths: readonly number[]): number =>
  kept.reduce((sum, index) => sum + (widths[index] ?? 0) + GAP, -GAP);

/** Which columns stay. */
function keptOf<Row>(columns: readonly Column<Row>[], needed: readonly number[], width: number): number[] {
  const least = columns.map(({ isNumber }, index) =>
    isNumber ? (needed[index] ?? 0) : Math.min(needed[index] ?? 0, GOOD_TEXT),
  );
  let kept = columns.map((_, index) => index);
  while (total(kept, least) > width) {
    const spare = kept.findLast((index) => columns[index]?.isSpare);
    if (spare === undefined) break;
    kept = kept.filter((index) => index !== spare);
  }
  return kept;
}

/** Their widths: the widest column of text gives first. */
function squeezed<Row>(
  columns: readonly Column<Row>[],
  needed: readonly number[],
  kept: readonly number[],
  width: number,
): number[] {
  const widths = [...needed];
  while (total(kept, widths) > width) {
    const texts = kept.filter((index) => !columns[index]?.isNumber && (widths[index] ?? 0) > LEAST_TEXT);
    const [widest] = texts.toSorted((one, other) => (widths[other] ?? 0) - (widths[one] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
