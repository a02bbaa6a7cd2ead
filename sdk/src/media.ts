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

const lines: ReadonlyArray<[Stream, 'audio' | 'video']> = [
  [Stream.AUDIO, 'audio'],
  [Stream.BIG, 'video'],
  [Stream.SUB, 'video'],
];

/** Whether there is WebRTC here. Without it one may still be a member that sends and receives nothing. */
export function hasMedia(): boolean {
  return typeof RTCPeerConnection === 'function';
}

/**
 * The one peer connection of a session: three send lines, then a pool of receive lines (slots).
 * Publishing and leaving never change the SDP; only a pool that is too small does.
 */
export class Media {
  // No ICE servers: the server answers with its own address, and it sees ours when our checks arrive (ICE-lite).
  private readonly peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  private readonly senders = new Map<Stream, RTCRtpTransceiver>();
  private slots = 0;

  constructor(failed: () => void) {
    for (const [stream, kind] of lines) {
      this.senders.set(stream, this.peer.addTransceiver(kind, { direction: 'sendonly' }));
    }
    this.addSlots(audioSlots, videoSlots);
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === 'failed') failed();
    };
  }

  /** Adds receive lines, which the next offer has; says whether it did, as the pool has a limit. */
  addSlots(audio: number, video: number): boolean {
    if (this.slots + audio + video > mostSlots) return false;
    this.slots += audio + video;
    for (let i = 0; i < audio; i++) this.peer.addTransceiver('audio', { direction: 'recvonly' });
    for (let i = 0; i < video; i++) this.peer.addTransceiver('video', { direction: 'recvonly' });
    return true;
  }

  /** Makes an offer. It goes out without candidates, and so without waiting for them. */
  async offer(): Promise<string> {
    await this.peer.setLocalDescription(await this.peer.createOffer());
    return this.peer.localDescription?.sdp ?? '';
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
