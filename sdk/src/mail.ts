import { fromBinary } from '@bufbuild/protobuf';
import type { Clock } from './clock';
import { log } from './log';
import { encoded, framed, type Message, Outbox } from './outbox';
import type { Saying } from './signal';
import { type MessageReceived, type ServerFrame, ServerFrameSchema } from './wire/exeunt/v1/signal_pb';

// The streams that both ends know beforehand, so that none has to be opened in-band.
const streams = {
  reliable: { negotiated: true, id: 0 },
  lossy: { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 },
} as const;

// So many reliable messages wait for their turn at most; the oldest give way, and are told as missed.
const mostHeld = 1024;
// So many bytes may wait to leave by the lossy channel. What is more is lost, as it could be on its way as well.
const mostUnsent = 16 * 1024;

/** Where data channels can be made. */
export interface Lines {
  channel(label: string, init: RTCDataChannelInit): RTCDataChannel | undefined;
}

/**
 * The messages that come and go over data channels. The socket and a channel have no common order, so the server says
 * on the socket when messages come by the channel; what is there before waits, and so does a message for the events
 * that came before it in the room.
 */
export class Mail {
  /** Who tells the application of a message. */
  tell: (message: MessageReceived) => void = () => {};
  private readonly outbox: Outbox;
  private lossy: RTCDataChannel | undefined;
  private opened: RTCDataChannel[] = [];
  // `socket` means that the channel has ended: what it may still bring was said again, or is missed.
  private way: 'waiting' | 'channel' | 'socket' = 'waiting';
  private held: ServerFrame[] = [];
  private heard = 0;

  /** Without `wanted` there is no channel, and all goes over the socket. `socket` is false while there is none. */
  constructor(
    private readonly wanted: boolean,
    clock: Clock,
    private readonly socket: (frame: Saying) => boolean,
  ) {
    this.outbox = new Outbox(clock, socket);
  }

  /** There is a new peer connection, to be offered next. */
  open(lines: Lines): void {
    this.close();
    if (!this.wanted) return;
    this.way = 'waiting';
    const reliable = lines.channel('reliable', streams.reliable);
    this.lossy = lines.channel('lossy', streams.lossy);
    this.receive(reliable, (frame) => this.hold(frame));
    this.receive(this.lossy, (frame) => this.pass(frame));
    this.outbox.use(reliable);
    // Until the new one is open.
    this.outbox.forward();
  }

  /** Sends a message; false where there is no way. */
  say(message: Message): boolean {
    const { lossy } = this;
    if (message.reliable) return this.outbox.post(message);
    if (lossy?.readyState !== 'open') return this.socket(framed(message));
    if (lossy.bufferedAmount < mostUnsent) lossy.send(encoded(framed(message)));
    return true;
  }

  /** The server has heard every reliable message up to this number. */
  acknowledge(number: number): void {
    this.outbox.acknowledge(number);
  }

  /** What was said and may not have arrived, for a goodbye to take along. */
  get rest(): Saying[] {
    return this.outbox.rest();
  }

  /** The socket is lost. */
  lost(): void {
    this.outbox.lost();
  }

  /** The server says by which way reliable messages come from now on. */
  turn(way: 'channel' | 'socket'): void {
    if (way === 'socket' && this.way === 'channel') for (const frame of this.held.splice(0)) this.pass(frame);
    if (way === 'channel' || this.way === 'channel') this.way = way;
    this.pump();
  }

  /** There is another socket, over which the server will say the way again. */
  resumed(): void {
    if (this.way === 'channel') this.way = 'waiting';
    this.outbox.forward();
  }

  /** The room was heard up to this place. */
  reach(place: number): void {
    this.heard = place;
    this.pump();
  }

  /** Nothing comes or goes any more. */
  close(): void {
    for (const channel of this.opened.splice(0)) {
      channel.onmessage = channel.onopen = channel.onclose = null;
    }
    this.outbox.use(undefined);
    this.lossy = undefined;
    this.held = [];
  }

  private receive(channel: RTCDataChannel | undefined, take: (frame: ServerFrame) => void): void {
    if (!channel) return;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      try {
        take(fromBinary(ServerFrameSchema, new Uint8Array(data)));
      } catch (error) {
        log.error('the server sent a message that cannot be read', error);
      }
    };
    this.opened.push(channel);
  }

  private hold(frame: ServerFrame): void {
    if (frame.frame.case === 'messageAck') this.acknowledge(frame.frame.value.number);
    if (this.way === 'socket' || frame.frame.case !== 'messageReceived') return;
    this.held.push(frame);
    if (this.held.length > mostHeld) this.held.shift();
    this.pump();
  }

  private pump(): void {
    while (this.way === 'channel' && this.held[0] && Number(this.held[0].seq) <= this.heard) {
      this.pass(this.held.shift() as ServerFrame);
    }
  }

  private pass({ frame }: ServerFrame): void {
    if (frame.case === 'messageReceived') this.tell(frame.value);
  }
}
