// Where the server is. An application that only changed an alias in its package.json has no place to say it,
// so the page it runs in may say it too.

/** What `configure` takes. */
export interface Configuration {
  /** Address of the server: `wss://…`, or `https://…`; without a path, `/signal` is meant. */
  url?: string;
  /**
   * Address of `liteav/sei-worker.js` on the page's own origin, for a page whose Content-Security-Policy allows no
   * worker from a blob. Only sendSEIMsg and onRecvSEIMsg need it.
   */
  seiWorker?: string;
}

const last = 'ws://127.0.0.1:8080/signal';

let configured: Configuration = {};

/**
 * Names the server for every later `enterRoom` of this page. A missing or empty `url` takes the name back, as a missing
 * `seiWorker` does. Throws a TypeError when `url` is no address.
 */
export function configure({ url, seiWorker }: Configuration): void {
  configured = { url: url && toSocket(url), seiWorker };
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
