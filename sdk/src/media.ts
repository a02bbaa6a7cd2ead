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
  // No ICE servers: the server answers with its own address, and it sees ours when our checks arrive (ICE-lite).
  private readonly peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  private readonly senders = new Map<Stream, RTCRtpTransceiver>();
  private readonly slots: Kind[] = [];
  private making: Promise<unknown> = Promise.resolve();

  /** With `before`, the new connection has the same lines in the same order, and so the same mids. */
  constructor(changed: (state: RTCPeerConnectionState) => void, before?: Media) {
    for (const [stream, kind] of lines) {
      this.senders.set(stream, this.peer.addTransceiver(kind, { direction: 'sendonly' }));
    }
    if (before) for (const kind of before.slots) this.addSlot(kind);
    else this.addSlots(audioSlots, videoSlots);
    this.peer.onconnectionstatechange = () => changed(this.state);
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
    this.peer.addTransceiver(kind, { direction: 'recvonly' });
  }

  /** Makes an offer, after those on their way. It goes out without candidates, and so without waiting for them. */
  offer(options?: RTCOfferOptions): Promise<string> {
    const made = this.making.then(async () => {
      await this.peer.setLocalDescription(await this.peer.createOffer(options));
      return this.peer.localDescription?.sdp ?? '';
    });
    this.making = made.catch(() => {});
    return made;
  }

  /** Makes an offer by which both sides look for a way to each other anew (RFC 8445 §9). */
  restart(): Promise<string> {
    return this.offer({ iceRestart: true });
  }

  /** Takes the server's answer to the last offer. */
  async accept(sdp: string): Promise<void> {
    await this.peer.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Puts a track, or silence, on the send line of a stream. */
  async carry(stream: Stream, track: MediaStreamTrack | null): Promise<void> {
    await this.senders.get(stream)?.sender.replaceTrack(track);
  }

  /** The a=mid of a stream's send line; it is known once there was an offer. */
  lineOf(stream: Stream): string {
    return this.senders.get(stream)?.mid ?? '';
  }

  /** Limits what a stream's send line sends. */
  async limit(stream: Stream, limits: SendLimits): Promise<void> {
    const sender = this.senders.get(stream)?.sender;
    const parameters = sender?.getParameters();
    const [encoding] = parameters?.encodings ?? [];
    if (!sender || !parameters || !encoding) return;
    if (limits.bitrate > 0) encoding.maxBitrate = limits.bitrate;
    if (limits.frameRate > 0) encoding.maxFramerate = limits.frameRate;
    encoding.scaleResolutionDownBy = Math.max(1, limits.scaleDownBy);
    await sender.setParameters(parameters);
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
