import { configuration } from './address';
import { codecsFrom, scalableEncodings } from './codec';
import type { Tap } from './sei/channel';
import { activate, layeredEncodings, offerable } from './simulcast';
import { preferRedundancy, type Sound, soundingOffer } from './voice';
import { Stream } from './wire/exeunt/v1/signal_pb';

// Receive lines of the first offer. Two people need one and two; a meeting of four needs no second offer.
const audioSlots = 6;
const videoSlots = 4;
// TRTC lets fifty people publish at once, each a voice, a camera and a screen.
const mostSlots = 150;

/** How much a video line may send. Zero or missing means: as the browser likes. */
export interface SendLimits {
  /** Bits a second. */
  bitrate: number;
  /** Frames a second. */
  frameRate: number;
  /** Captured height divided by wanted height, at least 1. */
  scaleDownBy: number;
}

type Kind = 'audio' | 'video';

const lines: ReadonlyArray<[Stream, Kind]> = [
  [Stream.AUDIO, 'audio'],
  [Stream.BIG, 'video'],
  [Stream.SUB, 'video'],
];

/** Whether there is WebRTC here. Without it one may still be a member that sends and receives nothing. */
export function hasMedia(): boolean {
  return typeof RTCPeerConnection === 'function';
}

/**
 * A peer connection: three send lines, then a pool of receive lines (slots).
 * Publishing and leaving never change the SDP; only a pool that is too small does.
 */
export class Media {
  private readonly peer: RTCPeerConnection;
  private readonly senders = new Map<Stream, RTCRtpTransceiver>();
  private readonly slots: Kind[] = [];
  private making: Promise<unknown> = Promise.resolve();
  // What each send line was asked to send at most, and which of its layers anybody takes.
  private readonly limits = new Map<Stream, SendLimits[]>();
  private readonly taken = new Map<Stream, readonly string[]>();
  private adjusting: Promise<unknown> = Promise.resolve();
  /** What the microphone is encoded for, as of the next offer. */
  sound: Sound;
  private offered: Sound | null = null;

  /**
   * `relays` are TURN servers, for a network that lets nothing through to the server's own address. There is no need of
   * other ICE servers: the server sees our address when our checks arrive (ICE-lite). With `before`, the new connection
   * has the same lines in the same order, and so the same mids; with `tap`, its pictures pass through the worker.
   */
  constructor(
    changed: (state: RTCPeerConnectionState) => void,
    private relays: RTCIceServer[],
    before?: Media,
    private tap: Tap | null = null,
  ) {
    this.sound = before?.sound ?? 'voice';
    this.peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: relays, ...tap?.configuration });
    for (const [stream, kind] of lines) {
      const line = stream === Stream.BIG ? this.addCamera() : this.peer.addTransceiver(kind, { direction: 'sendonly' });
      this.senders.set(stream, line);
      if (stream === Stream.AUDIO) preferRedundancy(line);
      tap?.lead(line, { role: stream === Stream.BIG ? 'send' : 'pass', line: this.senders.size - 1 });
    }
    if (before) for (const kind of before.slots) this.addSlot(kind);
    else this.addSlots(audioSlots, videoSlots);
    this.peer.onconnectionstatechange = () => changed(this.state);
  }

  // Layers are part of a line from its first day, and each kind of codec has another kind of them.
  private addCamera(): RTCRtpTransceiver {
    const { codec } = configuration();
    const codecs = codec && codecsFrom(codec);
    const sendEncodings = codecs ? scalableEncodings(codec) : layeredEncodings();
    const line = this.peer.addTransceiver('video', { direction: 'sendonly', sendEncodings });
    if (codecs) line.setCodecPreferences(codecs);
    return line;
  }

  /** How the way to the server is. */
  get state(): RTCPeerConnectionState {
    return this.peer.connectionState;
  }

  /** Adds receive lines, which the next offer has; says whether it did, as the pool has a limit. */
  addSlots(audio: number, video: number): boolean {
    if (this.slots.length + audio + video > mostSlots) return false;
    for (let i = 0; i < audio; i++) this.addSlot('audio');
    for (let i = 0; i < video; i++) this.addSlot('video');
    return true;
  }

  private addSlot(kind: Kind): void {
    this.slots.push(kind);
    const line = this.peer.addTransceiver(kind, { direction: 'recvonly' });
    this.leadSlot(line, kind, this.slots.length - 1);
  }

  private leadSlot(line: RTCRtpTransceiver, kind: Kind, slot: number): void {
    this.tap?.lead(line, { role: kind === 'video' ? 'receive' : 'pass', line: lines.length + slot });
  }

  /** Whether pictures pass through the worker. */
  get tapped(): boolean {
    return this.tap !== null;
  }

  /** Leads the lines that are there already through the worker, for browsers that allow it. */
  lead(tap: Tap): void {
    this.tap = tap;
    const big = this.senders.get(Stream.BIG);
    if (big) tap.lead(big, { role: 'send', line: lines.findIndex(([stream]) => stream === Stream.BIG) });
    const slots = this.peer.getTransceivers().slice(lines.length);
    for (const [slot, kind] of this.slots.entries()) {
      const line = slots[slot];
      if (line) this.leadSlot(line, kind, slot);
    }
  }

  /** Makes a data channel, which the next offer has; undefined for a browser that makes none. */
  channel(label: string, init: RTCDataChannelInit): RTCDataChannel | undefined {
    return this.peer.createDataChannel?.(label, init);
  }

  /** The a=mid of a line, by its place. */
  midAt(line: number): string {
    return this.peer.getTransceivers()[line]?.mid ?? '';
  }

  /** The codecs that a stream may be sent in, by payload type. */
  codecsOf(stream: Stream): Record<number, string> {
    const { codecs = [] } = this.senders.get(stream)?.sender.getParameters() ?? {};
    return Object.fromEntries(codecs.map(({ payloadType, mimeType }) => [payloadType, mimeType]));
  }

  /** Makes an offer, after those on their way. It goes out without candidates, and so without waiting for them. */
  offer(options?: RTCOfferOptions): Promise<string> {
    const made = this.making.then(async () => {
      await this.peer.setLocalDescription(await this.peer.createOffer(options));
      this.offered = this.sound;
      return soundingOffer(offerable(this.peer.localDescription?.sdp ?? ''), this.sound);
    });
    this.making = made.catch(() => {});
    return made;
  }

  /** Whether the microphone was offered otherwise than it is to be encoded. */
  get unoffered(): boolean {
    return this.offered !== null && this.offered !== this.sound;
  }

  /** Makes an offer by which both sides look for a way to each other anew (RFC 8445 §9), with these relays. */
  async restart(relays: RTCIceServer[]): Promise<string> {
    this.relayBy(relays);
    return this.offer({ iceRestart: true });
  }

  /** Whether these relays are among the ways that it has looked for. */
  knows(relays: RTCIceServer[]): boolean {
    return JSON.stringify(relays) === JSON.stringify(this.relays);
  }

  // Not before a restart: browsers make one of the next offer, whatever it is for, and all media would move.
  private relayBy(relays: RTCIceServer[]): void {
    if (this.knows(relays)) return;
    this.relays = relays;
    this.peer.setConfiguration({ ...this.peer.getConfiguration(), iceServers: relays });
  }

  /** Takes the server's answer to the last offer. */
  async accept(sdp: string): Promise<void> {
    await this.peer.setRemoteDescription({ type: 'answer', sdp });
    // It repeats which layers were paused when they were offered, and browsers heed that. The answer holds either way.
    for (const stream of this.taken.keys()) await this.adjust(stream).catch(() => {});
  }

  /** Puts a track, or silence, on the send line of a stream. */
  async carry(stream: Stream, track: MediaStreamTrack | null): Promise<void> {
    await this.senders.get(stream)?.sender.replaceTrack(track);
  }

  /** The a=mid of a stream's send line; it is known once there was an offer. */
  lineOf(stream: Stream): string {
    return this.senders.get(stream)?.mid ?? '';
  }

  /** Limits what a stream's send line sends: the best layer first, and others where the line has them. */
  limit(stream: Stream, limits: SendLimits[]): Promise<void> {
    this.limits.set(stream, limits);
    return this.adjust(stream);
  }

  /** Encodes the layers that anybody takes, and no others. */
  encode(stream: Stream, layers: readonly string[]): Promise<void> {
    this.taken.set(stream, layers);
    return this.adjust(stream);
  }

  // One after the other: of two that overlap, the browser refuses the second.
  private adjust(stream: Stream): Promise<void> {
    const adjusted = this.adjusting.then(async () => {
      const sender = this.senders.get(stream)?.sender;
      const parameters = sender?.getParameters();
      if (!sender || !parameters?.encodings?.length) return;
      const limits = this.limits.get(stream) ?? [];
      for (const [layer, encoding] of parameters.encodings.entries()) restrain(encoding, limits[layer]);
      activate(parameters.encodings, this.taken.get(stream));
      await sender.setParameters(parameters);
    });
    this.adjusting = adjusted.catch(() => {});
    return adjusted;
  }

  /** What arrives on a receive line. */
  receiver(mid: string): RTCRtpReceiver | undefined {
    return this.peer.getTransceivers().find((line) => line.mid === mid)?.receiver;
  }

  /** What the browser measured of everything. */
  stats(): Promise<RTCStatsReport> {
    return this.peer.getStats();
  }

  /** How many packets of a stream have been sent. */
  async sent(stream: Stream): Promise<number> {
    let packets = 0;
    const report = await this.senders.get(stream)?.sender.getStats();
    report?.forEach((entry) => {
      if (entry.type === 'outbound-rtp') packets += entry.packetsSent;
    });
    return packets;
  }

  /** Ends all sending and receiving at once. */
  close(): void {
    this.peer.onconnectionstatechange = null;
    this.peer.close();
  }
}

function restrain(encoding: RTCRtpEncodingParameters, limits: SendLimits | undefined): void {
  if (!limits) return;
  if (limits.bitrate > 0) encoding.maxBitrate = limits.bitrate;
  if (limits.frameRate > 0) encoding.maxFramerate = limits.frameRate;
  encoding.scaleResolutionDownBy = Math.max(1, limits.scaleDownBy);
}
