/** What a request says before its path is read, each as it stands there; empty where it says nothing. */
export interface Visit {
  host: string;
  origin: string;
  /** `Sec-Fetch-Site`, of browsers alone. */
  site?: string;
  /** `Sec-Fetch-Dest`. */
  dest?: string;
  authorization: string;
  /** `Sec-WebSocket-Protocol`. */
  protocols: string;
  query: string;
  /** `X-Forwarded-For`. */
  forwardedFor: string;
  /** Address of whoever is at the other end of the connection. */
  peer: string;
  /** Address that a PROXY protocol header names. */
  proxied: string;
}
