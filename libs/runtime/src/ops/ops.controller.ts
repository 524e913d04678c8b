import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  ServiceUnavailableException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { Metrics } from '../metrics.js';
import { Ops } from './ops.js';

/** What programs ask of the operators' HTTP server, which PROTOCOL.md calls the ops port; people get a page from `libs/ops`. */
@Controller()
export class OpsController {
  constructor(
    @Inject(Ops) private readonly ops: Ops,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('status')
  status(): Record<string, unknown> {
    return this.ops.readStatus();
  }

  /** Alive: the event loop answers. Says nothing about data; a restart would not bring any. */
  @Get('healthz')
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  ready(): { status: 'ready'; behind: Record<string, string> } {
    const [troubles, behind] = [this.ops.readTroubles(), this.ops.readBehind()];
    if (Object.keys(troubles).length > 0)
      throw new ServiceUnavailableException({ status: 'not ready', troubles, behind });
    return { status: 'ready', behind };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }

  @Get('commands')
  commands(): Record<string, string> {
    return this.ops.readCommands();
  }

  /** JSON only: a browser must ask before it sends that across origins, so a web page cannot command us. */
  @Post('commands/:name')
  @HttpCode(200)
  async command(
    @Param('name') name: string,
    @Headers('content-type') type: string | undefined,
    @Body() input: unknown,
  ): Promise<unknown> {
    if (!type?.startsWith('application/json')) {
      throw new UnsupportedMediaTypeException('Send content-type: application/json, with {} for no input');
    }
    const command = this.ops.find(name);
    if (!command) {
      throw new NotFoundException(`No command ${name}; there are: ${Object.keys(this.ops.readCommands()).join(', ')}`);
    }
    try {
      return (await command.run(input)) ?? { done: name };
    } catch (error) {
      throw new BadRequestException((error as Error).message, { cause: error });
    }
  }
}
