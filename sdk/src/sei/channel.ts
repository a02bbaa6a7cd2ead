import { configuration } from '../address';
import type { Cancel, Clock } from '../clock';
import { isolate } from '../ledger';
import { log } from '../log';
import { markOf } from './body';
import type { FromWorker, LineOptions, Outgoing, Streams } from './say';
import { source } from './source';

// Starting the worker takes some ten milliseconds. Nobody waits for one that hangs.
const startMs = 2_000;
// Of each sender, so many messages are known again: eight seconds of them, at the limit.
const remembered = 256;

/** How a peer connection is made whose pictures pass through the worker, and how its lines are led there. */
export interface Tap {
  readonly configuration: RTCConfiguration;
  /** Leads a line through the worker. Chromium takes it only at once, in the task in which the line was made. */
  lead(line: RTCRtpTransceiver, options: LineOptions): void;
}

/** Whose messages came on which line. */
export type Received = Extract<FromWorker, { say: 'received' }>;

// What TypeScript's library does not know.
interface StreamsHost {
  createEncodedStreams(): Pick<Streams, 'readable' | 'writable'>;
}
type Transformable = { transform: unknown };
type ScriptTransform = new (worker: Worker, options: LineOptions) => object;

/**
 * The messages inside the pictures of one stay (sendSEIMsg). All encoded pictures pass through one worker, from when
 * somebody wants such messages; before that nothing is there and nothing costs.
 */
export class Channel {
  private worker: Worker | null = null;
  private state: 'unused' | 'starting' | 'running' | 'failed' = 'unused';
  private started: Promise<void> | null = null;
  private settle: () => void = () => {};
  private overdue: Cancel = () => {};
  // Functions, since an application's Proxy around the cloud would wrap objects, which then cannot be posted.
  private waiting: Array<() => void> = [];
  private id = Math.floor(Math.random() * 2 ** 32);
  private readonly known = new Map<number, Set<number>>();

  /** `wanted` says that the stay begins with it. */
  constructor(
    private readonly clock: Clock,
    readonly wanted: boolean,
    private readonly received: (received: Received) => void,
  ) {}

  /** Whether messages can be sent, as far as is known by now. */
  get works(): boolean {
    return this.state !== 'failed' && way() !== undefined;
  }

  /** How to make peer connections; null while no message is wanted, and where there can be none. */
  get tap(): Tap | null {
    const { worker } = this;
    if (this.state !== 'running' || !worker) return null;
    return way() === 'script' ? scriptTap(worker) : streamsTap(worker);
  }

  /** Whether a line can be led through the worker also later than in the task in which it was made. */
  static get takesLines(): 'any time' | 'at once' {
    // Chromium has both, and takes neither later on: the pictures of such a line pass by the worker.
    return typeof RTCRtpSender === 'function' && 'createEncodedStreams' in RTCRtpSender.prototype
      ? 'at once'
      : 'any time';
  }

  /** Starts the worker. Settles when it runs, or will not. */
  start(): Promise<void> {
    this.started = this.started ?? this.launch();
    return this.started;
  }

  /** Sends a message with the next pictures of `user`, who is this member. */
  send(user: string, data: Uint8Array, repeat: number, codecs: Outgoing['codecs']): void {
    this.id = (this.id + 1) >>> 0;
    const outgoing: Outgoing = { say: 'send', id: this.id, data, sender: markOf(user), repeat, codecs };
    const post = () => this.worker?.postMessage(outgoing);
    if (this.state === 'running') post();
    else if (this.state !== 'failed') this.waiting.push(post);
  }

  /** Of messages of `user` those that are new, once each. Those of somebody else are none of them. */
  news(user: string, { sender, messages }: Received): ArrayBuffer[] {
    // A slot may have been given to somebody else since the picture came.
    if (sender !== markOf(user)) return [];
    const known = this.known.get(sender) ?? new Set();
    this.known.set(sender, known);
    return messages.flatMap(({ id, data }) => {
      if (known.has(id)) return [];
      known.add(id);
      const [oldest] = known;
      if (known.size > remembered && oldest !== undefined) known.delete(oldest);
      return [data.buffer as ArrayBuffer];
    });
  }

  /** Ends the worker. */
  close(): void {
    this.stop('unused');
    this.waiting = [];
  }

  private launch(): Promise<void> {
    if (!way()) return Promise.resolve(this.fail('this browser cannot put messages into pictures'));
    this.state = 'starting';
    const settled = new Promise<void>((settle) => {
      this.settle = settle;
    });
    try {
      this.worker = startWorker();
      this.worker.onmessage = ({ data }) => this.hear(data);
      this.worker.onerror = () => this.fail('the worker does not start');
      this.overdue = this.clock.after(startMs, () => this.fail('the worker does not start in time'));
    } catch (error) {
      this.fail(String(error));
    }
    return settled;
  }

  private hear(data: FromWorker): void {
    if (data.say === 'received') {
      this.received(data);
      return;
    }
    this.overdue();
    this.state = 'running';
    for (const post of this.waiting.splice(0)) post();
    this.settle();
  }

  // A worker that ran once and has an error goes on: its script lets the frames pass whatever happens.
  private fail(why: string): void {
    if (this.state === 'running') return;
    log.warn(`sendSEIMsg, onRecvSEIMsg: ${why}`);
    this.stop('failed');
  }

  private stop(state: 'unused' | 'failed'): void {
    this.overdue();
    this.state = state;
    this.worker?.terminate();
    this.worker = null;
    this.settle();
  }
}

/** How this browser hands out encoded pictures; undefined when it does not. */
function way(): 'script' | 'streams' | undefined {
  if (typeof Worker !== 'function' || typeof RTCRtpSender !== 'function') return undefined;
  if (scriptTransform()) return 'script';
  return 'createEncodedStreams' in RTCRtpSender.prototype ? 'streams' : undefined;
}

function scriptTransform(): ScriptTransform | undefined {
  return (globalThis as { RTCRtpScriptTransform?: ScriptTransform }).RTCRtpScriptTransform;
}

function scriptTap(worker: Worker): Tap {
  return {
    configuration: {},
    lead({ sender, receiver }, options) {
      const Transform = scriptTransform();
      if (!Transform || options.role === 'pass') return;
      const end = (options.role === 'send' ? sender : receiver) as unknown as Transformable;
      isolate('lead a line', () => {
        end.transform = new Transform(worker, options);
      });
    },
  };
}

// What Chromium had until it had the other (and Electron before 39): all lines of the peer connection, or none.
function streamsTap(worker: Worker): Tap {
  return {
    configuration: { encodedInsertableStreams: true } as RTCConfiguration,
    lead({ direction, sender, receiver }, options) {
      const end = (direction === 'sendonly' ? sender : receiver) as unknown as StreamsHost;
      isolate('lead a line', () => {
        const { readable, writable } = end.createEncodedStreams();
        const streams: Streams = { say: 'line', ...options, readable, writable };
        worker.postMessage(streams, [readable, writable]);
      });
    },
  };
}

function startWorker(): Worker {
  const { seiWorker } = configuration();
  if (seiWorker) return new Worker(seiWorker);
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
