import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { type AccessRefusal, KEPT_OUT, NOT_OPERATOR } from './access-refusal.js';
import { readCredential } from './credential.js';
import type { Metrics } from '../metrics.js';

type Handle = (request: IncomingMessage, response: ServerResponse, next: () => void) => Promise<void>;

/**
 * Stands before the operators' port: keeps other people's pages out, and asks for an operator's token where something is to be
 * done and tokens are asked for at all. Reading asks nobody: probes and Prometheus have no token.
 */
export function opsGate(access: Access, listensOn: string, metrics: Metrics): Handle {
  const refused = metrics.counter(
    {
      name: 'holdfast_ops_refused_total',
      help: 'Requests to the operators’ port that were kept out, by reason.',
      labelNames: ['why'],
    },
    KEPT_OUT.map((why) => ({ why })),
  );
  const judge = async (request: IncomingMessage): Promise<AccessRefusal | undefined> => {
    const { host = '', origin = '', authorization = '', 'sec-fetch-dest': dest } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const refusal = access.refuse({ host, origin, site, dest }, listensOn);
    if (refusal || !access.asksWho || request.method === 'GET' || request.method === 'HEAD') return refusal;
    const identified = await access.identify(readCredential({ authorization, protocols: '', query: '' }).token);
    if (!identified.ok) return identified.problem;
    return identified.value?.isOperator ? undefined : NOT_OPERATOR;
  };
  return async (request, response, next) => {
    const refusal = await judge(request);
    if (!refusal) return next();
    refused.inc({ why: refusal.why });
    response.writeHead(Number.parseInt(refusal.status), {
      'content-type': 'text/plain; charset=utf-8',
      ...refusal.headers,
    });
    response.end(refusal.body);
  };
}
