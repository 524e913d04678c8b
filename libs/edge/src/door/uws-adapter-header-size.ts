/**
 * Clients of Binance's wire name their streams in the URL, a thousand of them in 16 kB. uWebSockets.js answers 431 above
 * 4 kB unless this variable says otherwise, and reads it once, when it is loaded: so this file is imported before it.
 *
 * @see https://github.com/uNetworking/uWebSockets/blob/master/src/HttpParser.h
 */
process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '32768';
