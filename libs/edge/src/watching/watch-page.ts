import { STATUS_CODES } from 'node:http';
import { Assets, type Counter, assetHeaders, shellOf } from '#libs/runtime';
import type { Admission, Judged } from '../guard/guard.js';
import type { AskedVisit } from '../guard/uws-adapter-visit.js';
import { type RestAnswer, jsonAnswer } from '../rest/answer.js';
import type { PageEnding } from '../metrics/page-endings.js';
import { WATCH_PLAN } from './watch-plan.js';

/** A request of somebody who may come as far as the door. */
export interface PageVisit extends AskedVisit, Pick<Admission, 'holder'> {}

interface WatchPageParts {
  /** Whether a request may come in. */
  judge: (visit: AskedVisit) => Judged | Promise<Judged>;
  requests: Counter<'result'>;
}

const PAGE = '/watch';
const FILES = `${PAGE}/assets/`;
const DOOR = `${PAGE}/door`;

/** The page on which people watch streams, and its files. What it shows it is told as any other client. */
export class WatchPage {
  private readonly assets = new Assets(WATCH_PLAN);
  private readonly shell = shellOf(WATCH_PLAN);

  constructor(private readonly parts: WatchPageParts) {}

  /** Whether a request is for this page. `/` is, where a person has typed the bare address into a browser. */
  serves({ path, method, accept }: Pick<AskedVisit, 'path' | 'method' | 'accept'>): boolean {
    if (path === '/') return (method === 'get' || method === 'head') && accept.includes('text/html');
    return path === PAGE || path.startsWith(`${PAGE}/`);
  }

  async answer(visit: PageVisit): Promise<RestAnswer> {
    const { ending, answer } = await this.answerOf(visit);
    this.parts.requests.inc({ result: ending });
    return answer;
  }

  private answerOf(visit: PageVisit): Promise<PageAnswer> | PageAnswer {
    const { path, method, held } = visit;
    if (method !== 'get' && method !== 'head') return BAD_METHOD;
    if (path === '/') return redirect('./watch');
    if (path === PAGE) return this.shown();
    // Whoever writes it so would look for its files one folder too deep.
    if (path === `${PAGE}/`) return redirect('../watch');
    if (path === DOOR) return this.judged(visit);
    const asset = path.startsWith(FILES) ? this.assets.find(path.slice(FILES.length)) : undefined;
    if (!asset) return NOT_FOUND;
    const headers = assetHeaders(asset);
    const isHeld = held === asset.tag;
    return {
      ending: isHeld ? 'unchanged' : 'file',
      answer: { status: isHeld ? 304 : 200, headers, body: asset.body },
    };
  }

  private shown(): PageAnswer {
    const { headers, html } = this.shell;
    return { ending: 'shown', answer: { status: 200, headers, body: Buffer.from(html) } };
  }

  /**
   * Whether a WebSocket of the page would be let in, with the token that the question brings: a browser tells a page nothing of why one was refused. It
   * names no `Origin` where a page asks its own server, so the page says in `origin` which one it is.
   */
  private async judged(visit: PageVisit): Promise<PageAnswer> {
    const origin = new URLSearchParams(visit.query).get('origin') ?? visit.origin;
    const judged = await this.parts.judge({ ...visit, origin });
    if (judged.ok) judged.value.leave();
    const { status, why, body } = judged.ok ? { status: '101', why: null, body: '' } : judged.problem;
    const answer = { isOpen: judged.ok, status: Number.parseInt(status, 10), why, says: body };
    return { ending: 'judged', answer: jsonAnswer(200, answer, { 'cache-control': 'no-store' }) };
  }
}

interface PageAnswer {
  ending: PageEnding;
  answer: RestAnswer;
}

const NOTHING = Buffer.alloc(0);

/** The place is said as it is seen from here: a proxy may have put this under another path. */
const redirect = (location: string): PageAnswer => ({
  ending: 'redirected',
  answer: { status: 307, headers: { location, 'cache-control': 'no-store' }, body: NOTHING },
});

const refusal = (status: number, says: string, headers: Record<string, string> = {}): RestAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body: Buffer.from(`${STATUS_CODES[status] ?? ''}: ${says}`),
});

const NOT_FOUND: PageAnswer = { ending: 'not-found', answer: refusal(404, 'the page is /watch') };

const BAD_METHOD: PageAnswer = {
  ending: 'bad-method',
  answer: refusal(405, 'only GET and HEAD are answered here', { allow: 'GET, HEAD' }),
};
