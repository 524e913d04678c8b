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
import { Assets, assetHeaders, shellOf } from '#libs/runtime';
import { PageDesk, type PageShown } from './page-desk.js';
import { PAGE_PLAN } from './page-plan.js';
import { Watchers } from './watchers.js';

/** The operators' page: what people look at on the ops port. */
@Controller()
export class PageController {
  private readonly assets = new Assets(PAGE_PLAN);
  private readonly start = shellOf(PAGE_PLAN);

  constructor(
    @Inject(PageDesk) private readonly desk: PageDesk,
    @Inject(Watchers) private readonly watchers: Watchers,
  ) {}

  @Get()
  shell(@Res() response: ServerResponse): void {
    response.writeHead(200, this.start.headers).end(this.start.html);
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
    const isKnown = request.headers['if-none-match'] === asset.tag;
    response.writeHead(isKnown ? 304 : 200, assetHeaders(asset));
    response.end(isKnown ? undefined : asset.body);
  }
}
