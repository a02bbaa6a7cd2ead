import type { Enclosed } from './body';

/** What the page says to the worker: a message for the next frames. */
export interface Outgoing extends Enclosed {
  say: 'send';
  /** The sender's mark. */
  sender: number;
  repeat: number;
  /** The codecs by payload type, for browsers that do not name a frame's codec. */
  codecs: Readonly<Record<number, string>>;
}

/** What a line is for. */
export interface LineOptions {
  role: 'send' | 'receive' | 'pass';
  /** By this the worker says on which line messages came. */
  line: number;
}

/** The same for a browser that hands out the streams themselves: createEncodedStreams. */
export interface Streams extends LineOptions {
  say: 'line';
  readable: ReadableStream;
  writable: WritableStream;
}

/** What the worker says: it runs, or messages came. */
export type FromWorker = { say: 'ready' } | { say: 'received'; line: number; sender: number; messages: Enclosed[] };
