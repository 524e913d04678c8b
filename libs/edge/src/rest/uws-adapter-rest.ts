import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from 'uWebSockets.js';
import { countedAs } from '../guard/addresses.js';
import type { Admission } from '../guard/guard.js';
import type { AskedVisit } from '../guard/uws-adapter-visit.js';
import { BUSY, type RestAnswer, complain } from './answer.js';
import type { RestDesk } from './rest-desk.js';
import type { AnswerReader, UntakenAnswers } from './shares/untaken-answers.js';

/** Who got one of these has not understood what is spoken here, and need not say more on this connection. */
const CLOSING: ReadonlySet<number> = new Set([404, 405, 414]);

/** uWebSockets.js closes a connection that has been idle for 10 s: clients should not begin a request on one that is just going. */
const IDLE = 'timeout=9';

/** What a page may read of an answer beside its body. */
const READABLE = 'x-mbx-used-weight, x-mbx-used-weight-1m, retry-after';

/** A request of somebody who may come in. */
interface AdmittedVisit extends AskedVisit, Pick<Admission, 'address' | 'permit'> {}

/** Answers a request where it is one for the desk; false where it is none. */
export function answerRest(desk: RestDesk, response: HttpResponse, asked: AdmittedVisit): boolean {
  const { path, method, query, timeUnit, permit, address } = asked;
  if (!desk.serves(path)) return false;
  const who = permit ? `token ${permit.name}` : `address ${countedAs(address)}`;
  const sending = new Sending(response, desk.untaken, who);
  void desk.answer({ method, path, query, timeUnit }, { who, permit }).then((answer) => sending.send(answer, asked));
  return true;
}

/**
 * A page that may come in may read what it is answered: a browser keeps it from any other.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
function withPage(answer: RestAnswer, origin: string): RestAnswer {
  if (origin === '') return answer;
  const page = { 'access-control-allow-origin': origin, 'access-control-expose-headers': READABLE, vary: 'origin' };
  return { ...answer, headers: { ...answer.headers, ...page } };
}

/** One answer on its way to whom it is for, who may go at any time. */
class Sending {
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
    if (isHead) response.endWithoutBody(body.byteLength, closes);
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
