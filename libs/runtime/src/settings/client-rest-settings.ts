import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { httpUrl, integer } from './readers.js';
import { Setting } from './setting.js';

/** What clients may ask of Binance's REST API through an edge. */
export class ClientRestSettings {
  @Setting({
    env: 'HOLDFAST_CLIENT_REST_PERCENT',
    read: integer,
    expected: 'a whole number from 5 to 90',
    says: 'Per cent of the request weight that Binance allows our address, up to which it may be used up by REST requests of clients that an edge passes on. Above it they are answered with 429 and when to come again; what is left is for filling holes.',
  })
  @Max(90)
  @Min(5)
  @IsInt()
  restPercent: number = 50;

  @Setting({
    env: 'HOLDFAST_CLIENT_REST_CACHE_BYTES',
    read: integer,
    expected: 'a number of bytes from 0 to 1073741824',
    says: 'What an edge keeps of answers of the REST API, to give them again for a second or so (exchangeInfo for a minute). exchangeInfo of all symbols has some 15 MB.',
  })
  @Max(1_073_741_824)
  @Min(0)
  @IsInt()
  restCacheBytes: number = 67_108_864;

  @Setting({
    env: 'HOLDFAST_FUTURES_REST_URL',
    read: httpUrl,
    expected: 'a URL like https://fapi.binance.com, without a path',
    says: 'Where /fapi/v1/ping, time and exchangeInfo are passed on to, which some clients ask for at start. Unset: they are answered with 404.',
  })
  @IsOptional()
  @IsString()
  futuresRestUrl?: string;

  @Setting({
    env: 'HOLDFAST_COIN_FUTURES_REST_URL',
    read: httpUrl,
    expected: 'a URL like https://dapi.binance.com, without a path',
    says: 'The same for /dapi/v1/ping, time and exchangeInfo.',
  })
  @IsOptional()
  @IsString()
  coinFuturesRestUrl?: string;
}
