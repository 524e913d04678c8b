import {
  ArrayNotEmpty,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  Validate,
} from 'class-validator';
import { AreNetworks } from '../networks.js';
import { integer, list, text } from './readers.js';
import { Setting } from './setting.js';

const ALGORITHMS = 'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

const HOST = String.raw`(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]`;

/** Who may come in. */
export class AccessSettings {
  @Setting({
    env: 'HOLDFAST_TOKENS_FILE',
    read: text,
    expected:
      'the path of a file whose lines are a name, the SHA-256 of a token, and what it may (npx holdfast token makes one)',
    says: 'Bearer tokens that admit clients, and operators’ commands. Unset, and no HOLDFAST_JWT_KEYS: nobody is asked for one. The file is read again when it changes, and closes nobody; a bad one is logged, and the one before holds.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  tokensFile?: string;

  @Setting({
    env: 'HOLDFAST_JWT_KEYS',
    read: text,
    expected: 'the path of a file, or an https:// URL (http:// on this machine), of a JWK set',
    says: 'Keys that JSON Web Tokens are checked with; they admit clients as tokens do. A file may hold secrets (kty oct) for HS256; it is read again when it changes.',
  })
  @IsOptional()
  @Matches(/^(https:\/\/[^\s/?#@]+(\/\S*)?|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/\S*)?|(?!\w+:\/\/).+)$/)
  jwtKeys?: string;

  @Setting({
    env: 'HOLDFAST_JWT_ALGORITHMS',
    read: list,
    expected: `some of ${ALGORITHMS.join(', ')}, separated by commas`,
    says: 'Algorithms by which a JWT may be signed.',
  })
  @IsIn(ALGORITHMS, { each: true })
  @ArrayNotEmpty()
  jwtAlgorithms: string[] = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

  @Setting({
    env: 'HOLDFAST_JWT_ISSUERS',
    read: list,
    expected: 'texts separated by commas',
    says: 'Who may have made a JWT (iss). Empty: whoever has the key.',
  })
  @IsString({ each: true })
  jwtIssuers: string[] = [];

  @Setting({
    env: 'HOLDFAST_JWT_AUDIENCES',
    read: list,
    expected: 'texts separated by commas',
    says: 'For whom a JWT must have been made (aud): one of these. Empty: for anybody; set it where the same issuer serves other programs.',
  })
  @IsString({ each: true })
  jwtAudiences: string[] = [];

  @Setting({
    env: 'HOLDFAST_JWT_CLAIM',
    read: text,
    expected: 'the name of a claim',
    says: 'Claim of a JWT that says what it may: an object of patterns, connections, streams and ops. Without the claim: all streams, and no commands of operators.',
  })
  @IsNotEmpty()
  @IsString()
  jwtClaim: string = 'holdfast';

  @Setting({
    env: 'HOLDFAST_ALLOWED_ORIGINS',
    read: list,
    expected:
      'origins separated by commas, like https://app.example or https://*.example, null for pages from files, or *',
    says: 'Web pages that may come in, on the clients’ and the operators’ port, beside those of this machine and of the address itself. Programs other than browsers have no origin, and are not asked.',
  })
  @Matches(new RegExp(String.raw`^(\*|null|[a-z][a-z0-9+.-]*://(${HOST})(:\d{1,5})?)$`, 'i'), { each: true })
  allowedOrigins: string[] = [];

  @Setting({
    env: 'HOLDFAST_ALLOWED_HOSTS',
    read: list,
    expected: 'host names separated by commas, like gateway.example, *.example or gateway.example:9443, or *',
    says: 'Names by which both ports may be called (Host), so that nobody’s name can be pointed at them. Empty: on a loopback address only localhost and loopback addresses, else any. An address of digits is always good where others can reach it.',
  })
  @Matches(new RegExp(String.raw`^(\*|(${HOST})(:\d{1,5})?)$`, 'i'), { each: true })
  allowedHosts: string[] = [];

  @Setting({
    env: 'HOLDFAST_TLS_CERT_FILE',
    read: text,
    expected: 'the path of a PEM file, with HOLDFAST_TLS_KEY_FILE set as well',
    says: 'Certificate of clients’ port, with those that lead to a known authority behind it: clients then connect to wss:// and https:// and to nothing else. Read again when it or the key changes; who is connected stays.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  tlsCertFile?: string;

  @Setting({
    env: 'HOLDFAST_TLS_KEY_FILE',
    read: text,
    expected: 'the path of a PEM file, with HOLDFAST_TLS_CERT_FILE set as well',
    says: 'Private key of that certificate, without a passphrase.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  tlsKeyFile?: string;

  @Setting({
    env: 'HOLDFAST_TRUSTED_PROXIES',
    read: list,
    expected: 'addresses and networks separated by commas, like 10.0.0.7,10.1.0.0/16,fd00::/8',
    says: 'Proxies and balancers before this port. Only they are believed when they say, by X-Forwarded-For or the PROXY protocol (version 2), whose request it is.',
  })
  @Validate(AreNetworks)
  trustedProxies: string[] = [];

  @Setting({
    env: 'HOLDFAST_MAX_CONNECTIONS_PER_ADDRESS',
    read: integer,
    expected: 'a number from 0 to 1000000 (0: as many as there are)',
    says: 'Connections that one address may have at once, one network of 64 bits of IPv6; one more is answered with 429. Behind a proxy it needs HOLDFAST_TRUSTED_PROXIES, or all are one address.',
  })
  @Max(1_000_000)
  @Min(0)
  @IsInt()
  maxConnectionsPerAddress: number = 0;

  @Setting({
    env: 'HOLDFAST_MAX_CONNECTIONS_PER_TOKEN',
    read: integer,
    expected: 'a number from 0 to 1000000 (0: as many as there are)',
    says: 'Connections that one holder of a token may have at once, where the token does not say how many; one more is answered with 429.',
  })
  @Max(1_000_000)
  @Min(0)
  @IsInt()
  maxConnectionsPerToken: number = 0;

  @Setting({
    env: 'HOLDFAST_MAX_NEW_CONNECTIONS_PER_SECOND',
    read: integer,
    expected: 'a number from 0 to 1000000 (0: as many as come)',
    says: 'Requests to come in that are looked at in a second, half of them of one address; one more is answered with 503 and Retry-After.',
  })
  @Max(1_000_000)
  @Min(0)
  @IsInt()
  maxNewConnectionsPerSecond: number = 4_000;

  @Setting({
    env: 'HOLDFAST_MAX_HANDSHAKES',
    read: integer,
    expected: 'a number from 16 to 1000000',
    says: 'Connections that may be open without having said, or been answered, what they want, half of them of one address; one more is cut off. Who has said nothing whole after about 10 s is cut off as well. As many may be open besides that have asked something over HTTP and may ask again, half of them of one address; one more is answered with 429, or 503, and closed.',
  })
  @Max(1_000_000)
  @Min(16)
  @IsInt()
  maxHandshakes: number = 5_000;
}
