import type { FailureClass } from '#libs/link';

const BY_CODE: Readonly<Record<string, FailureClass>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'tcp',
  EHOSTUNREACH: 'tcp',
  ENETUNREACH: 'tcp',
  EADDRNOTAVAIL: 'tcp',
  ETIMEDOUT: 'timeout',
  EPROTO: 'tls',
};

/** OpenSSL's and Node's codes for a certificate or a TLS handshake that did not do. */
const TLS_CODE = /^(ERR_(TLS|SSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** Which class of failure an error of the `ws` package or of a Node socket is. */
export function classify(error: Error, wasOpen: boolean): FailureClass {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith('WS_ERR_')) return wasOpen ? 'protocol' : 'handshake';
  if (wasOpen) return 'reset';
  if (code !== undefined) return BY_CODE[code] ?? (TLS_CODE.test(code) ? 'tls' : 'handshake');
  return /timed out/i.test(error.message) ? 'timeout' : 'handshake';
}
