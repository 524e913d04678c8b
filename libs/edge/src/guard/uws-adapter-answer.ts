import type { HttpResponse } from 'uWebSockets.js';

/** What a request gets that is neither let in nor a question. */
interface PlainAnswer {
  status: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Says it, and closes: who sends one request behind the other on one connection, as fast as it goes, would be answered without end
 * and nobody else served.
 */
export function answerAndClose(response: HttpResponse, method: string, { status, headers, body }: PlainAnswer): void {
  response.cork(() => {
    response.writeStatus(status).writeHeader('content-type', 'text/plain; charset=utf-8');
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
    response.end(method === 'head' ? '' : body, true);
  });
}
