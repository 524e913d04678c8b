import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { AccessSettings } from '../settings/index.js';

type CertificateFiles = Pick<AccessSettings, 'tlsCertFile' | 'tlsKeyFile'>;

/** What is wrong with the certificate and its key, a line each; nothing where there is to be none. */
export function certificateProblems({ tlsCertFile, tlsKeyFile }: Readonly<CertificateFiles>): string[] {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return [];
  const [forCert, forKey] = [named('HOLDFAST_TLS_CERT_FILE', tlsCertFile), named('HOLDFAST_TLS_KEY_FILE', tlsKeyFile)];
  if (tlsCertFile === undefined || tlsKeyFile === undefined)
    return [`${forCert} and ${forKey}: expected both or neither`];
  const problems: string[] = [];
  const cert = read(tlsCertFile, (why) => problems.push(`${forCert}: ${why}`));
  const key = read(tlsKeyFile, (why) => problems.push(`${forKey}: ${why}`));
  if (problems.length > 0) return problems;
  try {
    createSecureContext({ cert, key });
    return [];
  } catch (error) {
    return [`${forCert} and ${forKey}: expected a certificate and its own key, in PEM, but ${messageOf(error)}`];
  }
}

const named = (setting: string, path: string | undefined): string => `${setting} is ${JSON.stringify(path ?? '')}`;

function read(path: string, failed: (why: string) => void): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    failed(`expected a file that this process can read, but ${messageOf(error)}`);
    return undefined;
  }
}

const messageOf = (error: unknown): string => (error as Error).message;
