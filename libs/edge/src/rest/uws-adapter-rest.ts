import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from 'uWebSockets.js';
import type { Admission } from '../guard/guard.js';
import { pageHeaders } from '../guard/page.js';
import type { AskedVisit } from '../guard/uws-adapter-visit.js';
import { BUSY, type RestAnswer, complain } from './answer.js';
import type { RestDesk } from './rest-desk.js';
import type { AnswerReader, UntakenAnswers } from './shares/untaken-answers.js';

/** Who got one of these has not understood what is spoken here, and need not say more on this connection. */
const CLOSING: ReadonlySet<number> = new Set([404, 405, 414]);

/** uWebSockets.js closes a connection that has been idle for 10 s: clients should not begin a request on one that is just going. */
const IDLE = 'timeout=9';

/** A request of somebody who may come in. */
interface AdmittedVisit extends AskedVisit, Pick<Admission, 'holder' | 'permit'> {}

/** Answers a request that the desk serves. */
export function answerRest(desk: RestDesk, response: HttpResponse, asked: AdmittedVisit): void {
  const { path, method, query, timeUnit, permit, holder: who } = asked;
  const sending = new Sending(response, desk.untaken, who);
  void desk.answer({ method, path, query, timeUnit }, { who, permit }).then((answer) => sending.send(answer, asked));
}

const withPage = (answer: RestAnswer, page: string): RestAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...pageHeaders(page) },
});

/** One answer on its way to whom it is for, who may go at any time. */
export class Sending {
  private isGone = false;
  private reader: AnswerReader | undefined;

  constructor(
    private readonly response: HttpResponse,
    private readonly untaken: UntakenAnswers,
    private readonly who: string,
  ) {
    response.onAborted(() => {
      this.isGone = true;
      if (this.reader) untaken.over(this.reader);
    });
  }

  send(answer: RestAnswer, { method, origin }: Pick<AskedVisit, 'method' | 'origin'>): void {
    if (this.isGone) return;
    const isHead = method === 'head';
    const mayGo = isHead || this.untaken.admits(this.who, answer.body);
    this.response.cork(() => this.write(withPage(mayGo ? answer : NO_ROOM, origin), isHead));
  }

  private write({ status, headers, body }: RestAnswer, isHead: boolean): void {
    const { response } = this;
    response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
    const closes = CLOSING.has(status);
    if (!closes) response.writeHeader('keep-alive', IDLE);
    // What has not changed is not sent again; its length is said as ever.
    if (isHead || status === 304) response.endWithoutBody(body.byteLength, closes);
    else if (closes) response.end(body, true);
    else this.writeBody(body);
  }

  /** As fast as it is read: the body is one for all who wait for it, and nobody gets a copy to be read at leisure. */
  private writeBody(body: Buffer): void {
    const { response, untaken, who } = this;
    if (response.tryEnd(body, body.byteLength)[0]) return;
    const reader: AnswerReader = { who, body, cut: () => void response.close() };
    this.reader = reader;
    untaken.add(reader);
    response.onWritable((offset) => {
      untaken.moved(reader, offset);
      const [isTaken] = response.tryEnd(body.subarray(offset), body.byteLength);
      if (isTaken) untaken.over(reader);
      return isTaken;
    });
  }
}

const NO_ROOM = complain({ ...BUSY, retryInMs: 1_000 });
