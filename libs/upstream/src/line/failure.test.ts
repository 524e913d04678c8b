import { expect, it } from 'vitest';
import { classify } from './failure.js';

const error = (message: string, code?: string): Error => Object.assign(new Error(message), code && { code });

it('tells apart where a connection failed', () => {
  const classes = [
    classify(error('getaddrinfo', 'ENOTFOUND'), false),
    classify(error('refused', 'ECONNREFUSED'), false),
    classify(error('certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), false),
    classify(error('certificate', 'ERR_TLS_CERT_ALTNAME_INVALID'), false),
    classify(error('Opening handshake has timed out'), false),
    classify(error('Invalid Sec-WebSocket-Accept header'), false),
    classify(error('read', 'ECONNRESET'), false),
    classify(error('read', 'ECONNRESET'), true),
    classify(error('Invalid WebSocket frame: RSV1 must be clear', 'WS_ERR_UNEXPECTED_RSV_1'), true),
  ];
  expect(classes).toEqual(['dns', 'tcp', 'tls', 'tls', 'timeout', 'handshake', 'handshake', 'reset', 'protocol']);
});
