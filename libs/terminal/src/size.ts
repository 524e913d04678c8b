/** How much a terminal shows. */
export interface ScreenSize {
  columns: number;
  rows: number;
}

/** What a program needs to know of its output to write for people. */
export type Output = Pick<NodeJS.WriteStream, 'isTTY'> & Partial<ScreenSize>;

/** A terminal that does not say how large it is says 0, or nothing. */
const USUAL: ScreenSize = { columns: 80, rows: 24 };

export const sizeOf = ({ columns, rows }: Partial<ScreenSize>): ScreenSize => ({
  columns: columns || USUAL.columns,
  rows: rows || USUAL.rows,
});

/** How wide a line may be; a file and a pipe take any. */
export const lineWidth = (output: Output): number => (output.isTTY ? sizeOf(output).columns : Infinity);

/** Whether somebody sees it as it comes, on a terminal that can draw over what it has drawn. */
export const canRedraw = ({ isTTY }: Output, term = process.env['TERM']): boolean => isTTY && term !== 'dumb';
