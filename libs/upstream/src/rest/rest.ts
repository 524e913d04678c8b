import { Agent } from 'undici';
import type { Market } from '#libs/binance';
import type { Budget } from '#libs/bus';
import { type Clock, type Result, notOk, ok } from '#libs/core';
import type { UpstreamSettings } from '#libs/runtime';
import type { RestFailure, RestRequest } from './request.js';

/** What a client of the REST API is made of. */
export interface RestParts {
  market: Pick<Market, 'urls' | 'limits' | 'channels'>;
  settings: Readonly<UpstreamSettings>;
  budget: Budget;
  clock: Clock;
}

/** Asks Binance's REST API. */
export class Rest {
  private readonly agent = new Agent();

  constructor(private readonly parts: RestParts) {}

  /** The answer, or why there is none; never rejects. */
  async get({ path, query }: RestRequest, signal: AbortSignal): Promise<Result<unknown, RestFailure>> {
    try {
      const { market, settings } = this.parts;
      const origin = settings.restUrl ?? market.urls.rest[0]?.url ?? '';
      const answer = await this.agent.request({ origin, path, query, method: 'GET', signal });
      if (answer.statusCode === 200) return ok(await answer.body.json());
      const why = `${answer.statusCode} ${await answer.body.text()}`;
      return notOk({ why, retryInMs: 1_000, isFinal: answer.statusCode === 400 });
    } catch (error) {
      return notOk({ why: (error as Error).message, retryInMs: 1_000, isFinal: false });
    }
  }

  /** Ends what is under way. */
  stop(): Promise<void> {
    return this.agent.destroy();
  }
}
