/** What a report shows of one attempt to connect to Binance, as the section `journal` of `/status` has it. */
export interface JournalRow {
  attempt: number;
  generation: number;
  why: string;
  streams: number;
  frames: number;
  startedAt: number;
  openedAt?: number;
  closedAt?: number;
  livedMs?: number;
  closedBy?: string;
  cause?: string;
  code?: number;
  status?: number;
  reason?: string;
  then?: string;
}

/** Reads the journal out of a status, however old or young the process that wrote it; rows of another shape are left out. */
export function readJournal(status: unknown): JournalRow[] {
  const journal: unknown = Reflect.get(Object(status), 'journal');
  return Array.isArray(journal) ? journal.filter(isRow) : [];
}

/** Who ended it, and how: `ended by binance, 1007 Invalid UTF-8 code encountered.`. A reason that names its cause says it once. */
export function endingOf({ closedBy = 'nobody', code, status, reason = '', cause = '' }: JournalRow): string {
  const by = `ended by ${closedBy}`;
  if (status !== undefined) return `${by}, HTTP ${status}`;
  if (code !== undefined) return `${by}, ${code} ${reason}`.trimEnd();
  const said = reason === '' || reason.startsWith(cause) ? reason || cause : `${cause}: ${reason}`;
  return said === '' ? by : `${by}, ${said}`;
}

function isRow(value: unknown): value is JournalRow {
  const row = Object(value) as Record<string, unknown>;
  const numbers = ['attempt', 'generation', 'streams', 'frames', 'startedAt'];
  return numbers.every((name) => typeof row[name] === 'number') && typeof row['why'] === 'string';
}
