import { IsArray, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { httpUrl, integer, list, text, webSocketUrl } from './readers.js';
import { Setting, type SettingDetails } from './setting.js';

const PROXY_URL = 'a URL like http://proxy:3128 or http://user:password@proxy:3128';

/** A variable that programs of all kinds read, in upper and lower case. */
const ofAll = (env: string): Omit<SettingDetails, 'says'> => ({
  env,
  lowerCase: env.toLowerCase(),
  read: text,
  expected: PROXY_URL,
  isSecret: true,
});

/** Where the exchange is, and how it is reached: by who reads its streams, and by who passes questions on to its REST API. */
export class BinanceSettings {
  @Setting({
    env: 'HOLDFAST_UPSTREAM_WS_URL',
    read: webSocketUrl,
    expected: 'a URL like wss://data-stream.binance.vision or ws://127.0.0.1:9543, without a path',
    says: 'Base URL of the WebSocket streams. Unset: that of the market; for spot wss://data-stream.binance.vision, which carries market data only.',
  })
  @IsOptional()
  @IsString()
  wsUrl?: string;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_REST_URL',
    read: httpUrl,
    expected: 'a URL like https://api.binance.com or http://127.0.0.1:9543, without a path',
    says: 'Base URL of the REST API, which holes are filled from and questions of clients are passed on to; no other host is asked then. Unset: those of the market; for spot https://api.binance.com, and https://data-api.binance.vision where that fails. Set it where HOLDFAST_UPSTREAM_WS_URL is set, for edges as well.',
  })
  @IsOptional()
  @IsString()
  restUrl?: string;

  @Setting({
    env: 'HOLDFAST_UPSTREAM_PROXY',
    read: text,
    expected: `${PROXY_URL}, or none`,
    says: 'Proxy through which Binance is reached, with CONNECT. Unset: what HTTPS_PROXY (HTTP_PROXY for ws:// and http://), ALL_PROXY and NO_PROXY say, as for other programs. None: directly, whatever they say.',
    isSecret: true,
  })
  @IsOptional()
  @IsString()
  proxy?: string;

  @Setting({ ...ofAll('HTTPS_PROXY'), says: 'Proxy for wss:// and https:// where HOLDFAST_UPSTREAM_PROXY is unset.' })
  @IsOptional()
  @IsString()
  httpsProxy?: string;

  @Setting({ ...ofAll('HTTP_PROXY'), says: 'Proxy for ws:// and http:// where HOLDFAST_UPSTREAM_PROXY is unset.' })
  @IsOptional()
  @IsString()
  httpProxy?: string;

  @Setting({ ...ofAll('ALL_PROXY'), says: 'Proxy where neither of the two before is set.' })
  @IsOptional()
  @IsString()
  allProxy?: string;

  @Setting({
    env: 'NO_PROXY',
    lowerCase: 'no_proxy',
    read: list,
    expected: 'names, addresses and networks separated by commas, like .example.com,10.0.0.0/8, or *',
    says: 'What is reached directly, whatever the three before say.',
  })
  @IsArray()
  @IsString({ each: true })
  noProxy: string[] = [];

  @Setting({
    env: 'HOLDFAST_CONNECT_TIMEOUT_MS',
    read: integer,
    expected: 'a number of milliseconds from 100 to 120000',
    says: 'How long a connection attempt may take in all, from the look-up of the name to the end of the WebSocket handshake, whatever comes meanwhile.',
  })
  @Max(120_000)
  @Min(100)
  @IsInt()
  connectTimeoutMs: number = 10_000;
}
