import stringWidth from 'string-width';

export interface Column<Row> {
  title: string;
  /** Text of one cell; may carry terminal colours, which take no room. */
  cell: (row: Row) => string;
  /** Numbers stand at the right edge of their column. */
  isNumber?: boolean;
}

/** Lines of a plain table: a header, a rule, one line per row. Wide characters (币安人生) count as the two cells they take. */
export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map(({ title }, index) =>
    Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const padded = (text: string, index: number): string => {
    const room = ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(text)));
    return columns[index]?.isNumber ? room + text : text + room;
  };
  const lineOf = (texts: readonly string[]): string => texts.map(padded).join('  ').trimEnd();
  return [
    lineOf(columns.map(({ title }) => title)),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...cells.map(lineOf),
  ];
}

/** 1234567 → `1,234,567`. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** 754 → `0.8 s`, 83,000 → `1 min 23 s`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
