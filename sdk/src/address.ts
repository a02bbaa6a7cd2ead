// Where the server is. An application that only changed an alias in its package.json has no place to say it,
// so the page it runs in may say it too.

import { type ScalableCodec, scalableCodecs } from './codec';

/** What `configure` takes. */
export interface Configuration {
  /** Address of the server: `wss://…`, or `https://…`; without a path, `/signal` is meant. */
  url?: string;
  /**
   * Address of `liteav/sei-worker.js` on the page's own origin, for a page whose Content-Security-Policy allows no
   * worker from a blob. Only sendSEIMsg and onRecvSEIMsg need it.
   */
  seiWorker?: string;
  /**
   * A codec that the camera is sent in where the browser has it, as one stream of three sizes; without it the browser
   * chooses, and sends three streams. Whoever watches has to know the codec: all browsers of today do, but not all
   * computers decode it without effort.
   */
  codec?: ScalableCodec;
}

const last = 'ws://127.0.0.1:8080/signal';

let configured: Configuration = {};

/**
 * Names the server for every later `enterRoom` of this page. A missing or empty `url` takes the name back, as a missing
 * `seiWorker` or `codec` does. Throws a TypeError when `url` is no address, or `codec` none that is known.
 */
export function configure({ url, seiWorker, codec }: Configuration): void {
  if (codec && !scalableCodecs.includes(codec)) throw new TypeError(`exeunt: ${codec} is none of ${scalableCodecs}`);
  configured = { url: url && toSocket(url), seiWorker, codec };
}

/** What was configured last. */
export function configuration(): Configuration {
  return configured;
}

/**
 * The WebSocket address for the next entry: from `configure`, the global `EXEUNT_URL`, `<meta name="exeunt-url">`,
 * the page's own origin, or a server on this machine, in this order.
 */
export function serverAddress(): string {
  const page = globalThis as { EXEUNT_URL?: string; document?: Document; location?: Location };
  const named =
    configured.url ||
    page.EXEUNT_URL ||
    page.document?.querySelector('meta[name="exeunt-url"]')?.getAttribute('content');
  if (named) return toSocket(named);
  // An Electron window is often loaded from a file, and a file has no server behind it.
  return page.location && /^https?:$/.test(page.location.protocol) ? toSocket(page.location.origin) : last;
}

function toSocket(address: string): string {
  const url = new URL(address, globalThis.location?.href);
  if (!/^(ws|http)s?:$/.test(url.protocol)) throw new TypeError(`exeunt: ${address} is neither ws:// nor http://`);
  if (url.pathname === '/') url.pathname = '/signal';
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  return url.href;
}
