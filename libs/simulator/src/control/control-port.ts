import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIncidentName, listIncidents, strike } from '../incidents/incidents.js';
import type { World } from '../incidents/world.js';
import type { SimConnection } from '../server/connection.js';
import type { GateStep } from '../server/gate.js';
import { readScript } from './read-step.js';

/** What the control port acts on. */
export interface ControlOptions {
  world: World;
  script(steps: readonly GateStep[]): void;
  struck(name: string, count: number): void;
}

const BODY_LIMIT = 65_536;

/**
 * Incidents from outside, over plain HTTP: `GET /incidents` lists them, `POST /incidents/<name>` strikes with the JSON body
 * as parameters, `POST /script` orders what happens to the next attempts, `GET /state` shows connections, attempts and
 * violations.
 */
export class ControlPort {
  constructor(private readonly options: ControlOptions) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    const [path = '/'] = (request.url ?? '/').split('?');
    const task = `${request.method} ${path.startsWith('/incidents/') ? '/incidents/…' : path}`;
    switch (task) {
      case 'GET /incidents':
        return send(response, 200, listIncidents());
      case 'GET /state':
        return send(response, 200, this.state());
      case 'POST /incidents/…':
        return readBody(request, response, (body) => this.strike(response, path.slice('/incidents/'.length), body));
      case 'POST /script':
        return readBody(request, response, (body) => this.script(response, body));
      default:
        return send(response, 404, {
          error: `no ${request.method} ${path}; there are GET /incidents, POST /incidents/<name>, POST /script, GET /state`,
        });
    }
  }

  private strike(response: ServerResponse, name: string, body: unknown): void {
    if (!isIncidentName(name)) return send(response, 404, { error: `no incident ${name}; see GET /incidents` });
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return send(response, 400, { error: 'the body must be a JSON object with parameters, or empty' });
    const result = strike(this.options.world, name, { ...body });
    if (!result.ok) return send(response, 400, { error: result.problem });
    this.options.struck(name, result.value);
    send(response, 200, { incident: name, struck: result.value });
  }

  private script(response: ServerResponse, body: unknown): void {
    const steps = readScript(body);
    if (!steps.ok) return send(response, 400, { error: steps.problem });
    this.options.script(steps.value);
    send(response, 200, { ordered: steps.value.length });
  }

  private state(): object {
    const { door, rest, market } = this.options.world;
    return {
      now: market.now,
      symbols: market.instruments.length,
      connections: { total: door.accepted, open: [...door.open].map(describe) },
      ended: door.gone.all.slice(-50).map(describe),
      attempts: { total: door.attempts.total, newest: door.attempts.all.slice(-50) },
      violations: { total: door.violations.total, newest: door.violations.all.slice(-50) },
      rest: { requests: rest.requests.total, usedWeight: rest.usedWeight },
    };
  }
}

function describe(connection: SimConnection): object {
  const { id, ip, url, openedAt, isCombined, timeUnit, subscriptions, received, sent, ending } = connection;
  return { id, ip, url, openedAt, isCombined, timeUnit, streams: subscriptions.size, received, sent, ending };
}

function readBody(request: IncomingMessage, response: ServerResponse, act: (body: unknown) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= BODY_LIMIT) chunks.push(chunk);
  });
  request.on('error', () => response.destroy());
  request.on('end', () => {
    if (bytes > BODY_LIMIT) return send(response, 413, { error: `the body may have ${BODY_LIMIT} bytes` });
    const text = String(Buffer.concat(chunks)).trim();
    let body: unknown;
    try {
      body = text === '' ? {} : JSON.parse(text);
    } catch {
      return send(response, 400, { error: 'the body is not JSON' });
    }
    act(body);
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
