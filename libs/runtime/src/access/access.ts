import { readFileSync } from 'node:fs';
import type { JWTVerifyGetKey } from 'jose';
import { type Cancel, type Clock, type Millis, type Result, notOk, ok } from '#libs/core';
import { type Permit, TokenRing } from '#libs/tokens';
import type { Log } from '../log/log.js';
import { AccessSettings, SettingsError } from '../settings/index.js';
import { type AccessRefusal, BAD_TOKEN, NO_TOKEN } from './access-refusal.js';
import { certificateProblems } from './certificate.js';
import { watchFiles } from './file-watch.js';
import { checkJwt, isJwt } from './jwt.js';
import { localKeys, remoteKeys } from './jwt-keys.js';
import { type Whereabouts, refuseWhereabouts } from './where-from.js';

/** Undefined stands for somebody who was not asked who he is. */
export type Identified = Result<Permit | undefined, AccessRefusal>;

/** What a file was read into, or what was wrong with it. */
type FileRead<T> = Result<T, string>;

/** So often it is told at most that keys cannot be had. */
const TELL_EVERY_MS: Millis = 30_000;

/** Who may come in: the files that say so, read at start and again when they change. */
export class Access {
  private tokens: TokenRing | undefined;
  private keys: JWTVerifyGetKey | undefined;
  private troubled: (error: unknown) => void = () => undefined;

  /** @throws SettingsError naming each file that is not what it should be. */
  constructor(readonly settings: Readonly<AccessSettings> = new AccessSettings()) {
    const { tokensFile, jwtKeys } = settings;
    const [tokens, keys] = [this.readTokens(), this.readKeys()];
    const lines = [
      ...certificateProblems(settings),
      ...(tokens?.ok === false ? [`HOLDFAST_TOKENS_FILE is ${JSON.stringify(tokensFile)}: ${tokens.problem}`] : []),
      ...(keys?.ok === false ? [`HOLDFAST_JWT_KEYS is ${JSON.stringify(jwtKeys)}: ${keys.problem}`] : []),
    ];
    if (lines.length > 0) throw new SettingsError(lines);
    this.tokens = tokens?.ok ? tokens.value : undefined;
    this.keys = keys?.ok ? keys.value : undefined;
  }

  /** Whether whoever comes must have a token. */
  get asksWho(): boolean {
    return this.tokens !== undefined || this.keys !== undefined;
  }

  /** Why a request is kept out, whoever sends it. */
  refuse(whereabouts: Whereabouts, listensOn: string): AccessRefusal | undefined {
    const { allowedHosts, allowedOrigins } = this.settings;
    return refuseWhereabouts(whereabouts, { listensOn, allowedHosts, allowedOrigins });
  }

  /** Who has this token; at once, unless it is a JWT. Never rejects. */
  identify(token: string | undefined): Identified | Promise<Identified> {
    if (!this.asksWho) return ok(undefined);
    if (token === undefined) return notOk(NO_TOKEN);
    if (this.keys && isJwt(token)) return checkJwt(token, this.keys, this.settings, this.troubled);
    const permit = this.tokens?.find(token);
    return permit ? ok(permit) : notOk(BAD_TOKEN);
  }

  /** From now on files are read again when they change. */
  watch(clock: Clock, log: Log): Cancel {
    let toldAt: Millis = -Infinity;
    this.troubled = (error) => {
      if (clock.now() - toldAt < TELL_EVERY_MS) return;
      toldAt = clock.now();
      const why = messageOf(error);
      log.warn({ code: 'access.no-keys', why }, 'the keys of JWTs cannot be had: nobody comes in with one');
    };
    const { tokensFile, jwtKeys } = this.settings;
    const cancels = [
      follow(
        tokensFile,
        () => this.readTokens(),
        (tokens) => (this.tokens = tokens),
      ),
      follow(
        jwtKeys,
        () => this.readKeys(),
        (keys) => (this.keys = keys),
      ),
    ].map((start) => start(clock, log));
    return () => cancels.forEach((cancel) => cancel());
  }

  private readTokens(): FileRead<TokenRing> | undefined {
    const { tokensFile } = this.settings;
    return tokensFile === undefined ? undefined : readFile(tokensFile, (text) => TokenRing.read(text));
  }

  private readKeys(): FileRead<JWTVerifyGetKey> | undefined {
    const { jwtKeys } = this.settings;
    if (jwtKeys === undefined) return undefined;
    return isUrl(jwtKeys) ? ok(remoteKeys(jwtKeys)) : readFile(jwtKeys, localKeys);
  }
}

/** Reads a file again whenever it changes; what is bad is told, and not taken. */
const follow =
  <T>(file: string | undefined, read: () => FileRead<T> | undefined, take: (value: T) => void) =>
  (clock: Clock, log: Log): Cancel => {
    if (file === undefined || isUrl(file)) return () => undefined;
    return watchFiles([file], clock, () => {
      const found = read();
      if (found?.ok) {
        take(found.value);
        return log.info({ code: 'access.file-read', file }, 'read again who may come in');
      }
      log.error(
        { code: 'access.bad-file', file, why: found?.problem },
        'a file is bad that says who may come in: the one before holds',
      );
    });
  };

const isUrl = (place: string): boolean => /^https?:\/\//.test(place);

function readFile<T>(path: string, read: (text: string) => FileRead<T>): FileRead<T> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return notOk(`expected a file that this process can read, but ${messageOf(error)}`);
  }
  return read(text);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
