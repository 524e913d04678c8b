import { duration } from '#libs/core';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text: string): string => text.replace(/[&<>"']/g, (found) => ESCAPES[found] ?? found);

/** `/status` for eyes: the same data, every nested list of records as a table, read anew every two seconds. */
export function statusPage(
  status: Record<string, unknown>,
  troubles: Record<string, string>,
  behind: Record<string, string>,
): string {
  const isReady = Object.keys(troubles).length === 0;
  const verdict = (isReady ? '<p class="ok">ready</p>' : '') + troublesList({ ...troubles, ...behind });
  const sections = Object.entries(status).map(([name, value]) => `<h2>${escape(name)}</h2>${show(value)}`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<title>Holdfast</title><style>
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#111;background:#fff}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.15rem .5rem;text-align:left;vertical-align:top}
td{max-width:30rem;overflow-wrap:anywhere}
.ok{color:#060}.bad{color:#a00}h2{margin:1.2rem 0 .3rem}</style>
<h1>Holdfast</h1>${verdict}${sections.join('')}</html>`;
}

function troublesList(troubles: Record<string, string>): string {
  const items = Object.entries(troubles).map(([name, why]) => `<li>${escape(name)}: ${escape(why)}</li>`);
  return items.length === 0 ? '' : `<ul class="bad">${items.join('')}</ul>`;
}

/** One value, read by the unit that its name ends with: `openedAt` is an instant, `livedMs` a duration. */
function show(value: unknown, name = ''): string {
  if (Array.isArray(value)) return showList(value);
  if (isRecord(value)) {
    const rows = Object.entries(value).map(
      ([key, one]) => `<tr><th>${escape(key)}</th><td>${show(one, key)}</td></tr>`,
    );
    return `<table>${rows.join('')}</table>`;
  }
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return escape(typeof value === 'string' ? value : JSON.stringify(value));
  if (/(^a|A)t$/.test(name)) return new Date(value).toISOString().replace('T', ' ');
  if (name.endsWith('Ms')) return duration(value);
  return String(value);
}

function showList(list: unknown[]): string {
  if (list.length === 0) return '<i>none</i>';
  if (!list.every(isRecord)) return list.map((one) => show(one)).join(', ');
  const columns = [...new Set(list.flatMap((record) => Object.keys(record)))];
  const head = columns.map((column) => `<th>${escape(column)}</th>`).join('');
  const rows = list.map(
    (record) => `<tr>${columns.map((column) => `<td>${show(record[column], column)}</td>`).join('')}</tr>`,
  );
  return `<table><tr>${head}</tr>${rows.join('')}</table>`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
