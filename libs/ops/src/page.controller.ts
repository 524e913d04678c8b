import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  Query,
  Req,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Assets, SHELL, SHELL_POLICY } from './assets.js';
import { PageDesk, type PageShown } from './page-desk.js';
import { Watchers } from './watchers.js';

/** The operators' page: what people look at on the ops port. */
@Controller()
export class PageController {
  private readonly assets = new Assets();

  constructor(
    @Inject(PageDesk) private readonly desk: PageDesk,
    @Inject(Watchers) private readonly watchers: Watchers,
  ) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', SHELL_POLICY)
  @Header('x-content-type-options', 'nosniff')
  @Header('referrer-policy', 'no-referrer')
  @Header('cache-control', 'no-cache')
  shell(): string {
    return SHELL;
  }

  /** All that the page shows, for programs and for whoever reports what he saw. */
  @Get('page.json')
  @Header('cache-control', 'no-store')
  page(): PageShown {
    return this.desk.show();
  }

  /** The page as it changes. */
  @Get('page/events')
  events(@Query('of') of: string | undefined, @Res() response: ServerResponse): void {
    if (!this.watchers.watch(response, of === '' ? undefined : of))
      throw new ServiceUnavailableException('So many look at this page that there is no room for one more');
  }

  @Get('assets/*path')
  asset(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const path = (request.url ?? '').replace(/^\/assets\//, '').replace(/\?.*$/, '');
    const asset = this.assets.find(path);
    if (!asset) throw new NotFoundException('The page has no such file; after a change, npm run build makes it');
    const { type, tag, body } = asset;
    const headers = {
      'content-type': type,
      etag: tag,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    };
    const isKnown = request.headers['if-none-match'] === tag;
    response.writeHead(isKnown ? 304 : 200, headers);
    response.end(isKnown ? undefined : body);
  }
}
