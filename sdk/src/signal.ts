import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { log } from './log';
import { ClientFrameSchema, type ServerFrame, ServerFrameSchema } from './wire/exeunt/v1/signal_pb';

/** The subprotocol of docs/protocol.md. */
export const subprotocol = 'exeunt.v1';

// The close code for a socket in whose place another one comes. Any code but 1000, 1001 and 1005, by which the server
// takes the page for closed and hardly waits.
const superseded = 4900;

/** What a member may say: one case of ClientFrame. */
export type Saying = NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>;

/** What a socket tells. None of it comes after `close`. */
export interface SignalEvents {
  opened(): void;
  frame(frame: ServerFrame): void;
  /** The other side, or the network, has closed it. */
  closed(code: number, reason: string): void;
}

/** One WebSocket with whole frames in both directions. It has no state but open or closed, and never comes back. */
export class Signal {
  private readonly socket: WebSocket;
  // Null once closed by us: a socket may sit in CLOSING for a minute, and nobody wants to hear of it any more (D12).
  private on: SignalEvents | null;

  /** Opens a socket. Throws a SyntaxError or SecurityError when the page may not open this address. */
  constructor(url: string, on: SignalEvents) {
    this.on = on;
    this.socket = new WebSocket(url, subprotocol);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => this.on?.opened();
    this.socket.onmessage = ({ data }) => this.read(data);
    this.socket.onclose = ({ code, reason }) => {
      const heard = this.on;
      this.on = null;
      heard?.closed(code, reason);
    };
  }

  /** Whether a frame said now goes out. */
  get open(): boolean {
    return this.on !== null && this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends a frame; false says that the socket is not open, and that the frame is gone. */
  say(frame: Saying): boolean {
    if (!this.open) return false;
    this.socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })));
    return true;
  }

  /** Closes the socket, as a page that ends does. What was said before still goes out. */
  close(): void {
    this.on = null;
    this.socket.close();
  }

  /** Closes the socket of a stay that goes on over another one. */
  abandon(): void {
    this.on = null;
    this.socket.close(superseded);
  }

  private read(data: unknown): void {
    let frame: ServerFrame;
    try {
      frame = fromBinary(ServerFrameSchema, new Uint8Array(data as ArrayBuffer));
    } catch (error) {
      log.error('the server sent a frame that cannot be read', error);
      this.socket.close();
      return;
    }
    this.on?.frame(frame);
  }
}

const firstPauseMs = 300;
const longestPauseMs = 10_000;

/**
 * Milliseconds to wait before another attempt, after `failed` attempts: doubling up to ten seconds, and spread by half,
 * so that the members of a restarted server do not all come back in the same instant (J9).
 */
export function pauseBefore(failed: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** failed) * (0.5 + Math.random() / 2);
}
