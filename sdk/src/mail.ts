import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { log } from './log';
import type { Saying } from './signal';
import {
  ClientFrameSchema,
  type MessageReceived,
  type ServerFrame,
  ServerFrameSchema,
} from './wire/exeunt/v1/signal_pb';

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
  private lossy: RTCDataChannel | undefined;
  private opened: RTCDataChannel[] = [];
  // `socket` means that the channel has ended: what it may still bring was said again, or is missed.
  private way: 'waiting' | 'channel' | 'socket' = 'waiting';
  private held: ServerFrame[] = [];
  private heard = 0;

  /** Without `wanted` there is no channel, and all goes over the socket. */
  constructor(private readonly wanted: boolean) {}

  /** There is a new peer connection, to be offered next. */
  open(lines: Lines): void {
    this.close();
    if (!this.wanted) return;
    this.way = 'waiting';
    const reliable = lines.channel('reliable', streams.reliable);
    this.lossy = lines.channel('lossy', streams.lossy);
    this.receive(reliable, (frame) => this.hold(frame));
    this.receive(this.lossy, (frame) => this.pass(frame));
  }

  /** Sends a message that may be lost; false where it has to go over the socket. */
  say(frame: Saying): boolean {
    const { lossy } = this;
    if (frame.case !== 'sendMessage' || frame.value.reliable || lossy?.readyState !== 'open') return false;
    if (lossy.bufferedAmount < mostUnsent)
      lossy.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })));
    return true;
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
  }

  /** The room was heard up to this place. */
  reach(place: number): void {
    this.heard = place;
    this.pump();
  }

  /** Nothing comes or goes any more. */
  close(): void {
    for (const channel of this.opened.splice(0)) channel.onmessage = null;
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
    if (this.way === 'socket') return;
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
