import { Counters, type Entry, number } from './counters';
import {
  TRTCLocalStatistics,
  TRTCQuality,
  TRTCQualityInfo,
  TRTCRemoteStatistics,
  TRTCStatistics,
  TRTCVideoStreamType as Type,
} from './define';
import { grade } from './grade';
import type { Fire } from './local';
import { machine } from './machine';
import type { Session } from './session';
import { rids } from './simulcast';
import { typeOf } from './streams';
import { Stream } from './wire/exeunt/v1/signal_pb';

/** TRTC's pace. */
const everyMs = 2000;

/** How long a stream of somebody has been played, and stood still of that, in milliseconds. */
interface Played {
  audio: number;
  audioBlocked: number;
  video: number;
  videoBlocked: number;
}

/** What one stay measures: onStatistics and onNetworkQuality. */
export class Statistics {
  private readonly counters = new Counters();
  private played = new Map<string, Played>();
  private sentBytes = 0;
  private receivedBytes = 0;

  constructor(private readonly fire: Fire) {}

  /** Measures this stay until it ends. */
  watch(session: Session): void {
    this.counters.clear();
    this.played.clear();
    this.sentBytes = 0;
    this.receivedBytes = 0;
    if (session.live) session.timers.every(everyMs, () => void this.measure(session));
  }

  private async measure(session: Session): Promise<void> {
    if (session.resuming) this.fire('onNetworkQuality', new TRTCQualityInfo('', TRTCQuality.TRTCQuality_Down), []);
    const [report, known] = await Promise.all([session.line?.lines?.stats().catch(() => undefined), machine()]);
    if (!report || !session.inside) return;
    const entries: Entry[] = [];
    report.forEach((entry) => {
      entries.push(entry);
    });
    const statistics = Object.assign(new TRTCStatistics(), known);
    this.summarize(statistics, entries, session);
    statistics.localStatisticsArray = this.locals(entries, session);
    statistics.localStatisticsArraySize = statistics.localStatisticsArray.length;
    statistics.remoteStatisticsArray = this.remotes(entries, session, statistics.rtt);
    statistics.remoteStatisticsArraySize = statistics.remoteStatisticsArray.length;
    this.fire('onStatistics', statistics);
    this.fire('onNetworkQuality', ownGrade(statistics, session), othersGrades(statistics, session));
  }

  private summarize(statistics: TRTCStatistics, entries: Entry[], session: Session): void {
    let lost = 0;
    let expected = 0;
    for (const entry of entries) {
      if (entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated) {
        statistics.rtt = milliseconds(number(entry.currentRoundTripTime));
        this.sentBytes += this.counters.added(entry, 'bytesSent');
        this.receivedBytes += this.counters.added(entry, 'bytesReceived');
      } else if (entry.type === 'remote-inbound-rtp') {
        statistics.upLoss = Math.max(statistics.upLoss, Math.round(100 * number(entry.fractionLost)));
      } else if (entry.type === 'inbound-rtp') {
        const missing = this.counters.grown(entry, 'packetsLost', 'all');
        lost += missing;
        expected += missing + this.counters.grown(entry, 'packetsReceived', 'all');
      }
    }
    statistics.sentBytes = this.sentBytes;
    statistics.receivedBytes = this.receivedBytes;
    // The server counts what arrives of all that this page sends, and tells what is lost on the way here from what a
    // publisher has lost already.
    const own = session.networks.of(session.userId);
    statistics.upLoss = Math.round(own?.uplinkLoss ?? statistics.upLoss);
    statistics.downLoss = Math.round(own?.downlinkLoss ?? share(lost, expected));
    statistics.rtt ||= own?.rtt ?? 0;
  }

  private locals(entries: Entry[], session: Session): TRTCLocalStatistics[] {
    const lines = session.line?.lines;
    const on = (stream: Stream) =>
      entries.filter((entry) => entry.type === 'outbound-rtp' && entry.mid === lines?.lineOf(stream));
    const voice = this.rate(on(Stream.AUDIO)[0], 'bytesSent');
    const [screen] = on(Stream.SUB).filter(isSent);
    const pictures = [
      ...layersSent(on(Stream.BIG)),
      ...(screen ? [[Type.TRTCVideoStreamTypeSub, screen] as const] : []),
    ];
    return pictures.map(([type, entry], place) => {
      const { width, height, fps } = picture(entry);
      // The voice is told with the camera, once.
      const sound = place === 0 && type !== Type.TRTCVideoStreamTypeSub ? voice : 0;
      return new TRTCLocalStatistics(width, height, fps, this.rate(entry, 'bytesSent'), 48_000, sound, type);
    });
  }

  private remotes(entries: Entry[], session: Session, rtt: number): TRTCRemoteStatistics[] {
    const known = new Map<string, TRTCRemoteStatistics>();
    const before = this.played;
    this.played = new Map();
    for (const entry of entries) {
      const slot = entry.type === 'inbound-rtp' ? session.receiver.slotOf(String(entry.mid)) : undefined;
      if (!slot) continue;
      const type = typeOf(slot.stream);
      const key = `${type} ${slot.user}`;
      const statistics = known.get(key) ?? new TRTCRemoteStatistics(slot.user);
      known.set(key, statistics);
      // A camera goes with its voice; a stream that was away begins anew.
      const played = this.played.get(key) ??
        before.get(key) ?? { audio: 0, audioBlocked: 0, video: 0, videoBlocked: 0 };
      this.played.set(key, played);
      statistics.streamType = type;
      this.fill(statistics, entry, slot.stream);
      this.count(played, entry, slot.stream);
      tellBlocks(statistics, played);
    }
    for (const statistics of known.values()) tellNetwork(statistics, session, rtt);
    return [...known.values()];
  }

  private fill(statistics: TRTCRemoteStatistics, entry: Entry, stream: Stream): void {
    const loss = this.lossOf(entry);
    statistics.finalLoss = Math.max(statistics.finalLoss, loss);
    const delay = this.counters.grown(entry, 'jitterBufferDelay');
    const buffered = delay / Math.max(1, this.counters.grown(entry, 'jitterBufferEmittedCount'));
    statistics.jitterBufferDelay = Math.max(statistics.jitterBufferDelay, Math.round(1000 * buffered));
    if (stream === Stream.AUDIO) {
      statistics.audioSampleRate = 48_000;
      statistics.audioBitrate = this.rate(entry, 'bytesReceived');
      statistics.audioPacketLoss = loss;
      return;
    }
    const { width, height, fps } = picture(entry);
    Object.assign(statistics, { width, height, frameRate: fps, videoPacketLoss: loss });
    statistics.videoBitrate = this.rate(entry, 'bytesReceived');
  }

  // A frozen picture, and sound that had to be invented. While no packet comes nobody speaks, and that is no fault.
  private count(played: Played, entry: Entry, stream: Stream): void {
    const { counters } = this;
    if (stream !== Stream.AUDIO) {
      played.video += everyMs;
      played.videoBlocked += 1000 * counters.grown(entry, 'totalFreezesDuration');
      return;
    }
    const samples = counters.grown(entry, 'totalSamplesReceived');
    const invented = counters.grown(entry, 'concealedSamples');
    const ms = 1000 * counters.grown(entry, 'totalSamplesDuration');
    if (counters.grown(entry, 'packetsReceived', 'played') === 0 || samples === 0) return;
    played.audio += ms;
    played.audioBlocked += (ms * Math.min(invented, samples)) / samples;
  }

  // Kilobits a second since the last measurement.
  private rate(entry: Entry | undefined, field: string): number {
    return entry ? Math.round((this.counters.grown(entry, field, 'rate') * 8) / everyMs) : 0;
  }

  // Per cent lost for good since the last measurement: what was sent again in time is not. The browser counts as sent
  // again also what had come already, so this may be a little too good, never too bad.
  private lossOf(entry: Entry): number {
    const lost = this.counters.grown(entry, 'packetsLost', 'one');
    const expected = lost + this.counters.grown(entry, 'packetsReceived', 'one');
    const repaired = this.counters.grown(entry, 'retransmittedPacketsReceived', 'one');
    return Math.round(share(Math.max(0, lost - repaired), expected));
  }
}

function tellBlocks(statistics: TRTCRemoteStatistics, played: Played): void {
  statistics.audioTotalBlockTime = Math.round(played.audioBlocked);
  statistics.audioBlockRate = Math.min(100, Math.round(share(played.audioBlocked, played.audio)));
  statistics.videoTotalBlockTime = Math.round(played.videoBlocked);
  statistics.videoBlockRate = Math.min(100, Math.round(share(played.videoBlocked, played.video)));
}

function tellNetwork(statistics: TRTCRemoteStatistics, session: Session, rtt: number): void {
  const network = session.networks.of(statistics.userId);
  if (!network) return;
  statistics.remoteNetworkUplinkLoss = Math.round(network.uplinkLoss ?? 0);
  statistics.remoteNetworkRTT = network.rtt;
  if (rtt && network.rtt) {
    statistics.point2PointDelay = Math.round(rtt / 2 + network.rtt / 2 + statistics.jitterBufferDelay);
  }
}

function ownGrade({ rtt, upLoss, downLoss }: TRTCStatistics, session: Session): TRTCQualityInfo {
  const measured = rtt > 0 || session.networks.of(session.userId) !== undefined;
  return new TRTCQualityInfo('', measured ? grade(rtt, upLoss, downLoss) : TRTCQuality.TRTCQuality_Unknown);
}

// By their own ways to the server, whatever this page loses; nothing is known of those whose server does not tell.
function othersGrades({ remoteStatisticsArray }: TRTCStatistics, session: Session): TRTCQualityInfo[] {
  const { networks } = session;
  const grades = new Map<string, TRTCQuality>();
  for (const { userId } of remoteStatisticsArray) grades.set(userId, TRTCQuality.TRTCQuality_Unknown);
  for (const userId of session.users) {
    const network = networks.of(userId);
    if (network) grades.set(userId, grade(network.rtt, network.uplinkLoss));
  }
  for (const userId of session.unstable) grades.set(userId, TRTCQuality.TRTCQuality_Down);
  return [...grades].map(([userId, quality]) => new TRTCQualityInfo(userId, quality));
}

function share(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}

// What takes any time takes a millisecond at least: 0 says that nothing is known.
function milliseconds(seconds: number): number {
  return seconds > 0 ? Math.max(1, Math.round(1000 * seconds)) : 0;
}

function isSent(entry: Entry): boolean {
  return number(entry.bytesSent) > 0 && entry.active !== false;
}

// TRTC knows a big picture and a small one. Where nobody takes the best layer, the one below it stands for the big one.
function layersSent(entries: Entry[]): Array<readonly [Type, Entry]> {
  const sent = entries.filter(isSent);
  const [h, l, m] = rids;
  const named = (rid: string) => sent.find((entry) => entry.rid === rid);
  const big = sent.find((entry) => entry.rid === undefined) ?? named(h) ?? named(m);
  const small = named(l);
  return [
    ...(big ? [[Type.TRTCVideoStreamTypeBig, big] as const] : []),
    ...(small ? [[Type.TRTCVideoStreamTypeSmall, small] as const] : []),
  ];
}

function picture(entry: Entry): { width: number; height: number; fps: number } {
  const fps = Math.round(number(entry.framesPerSecond));
  return { width: number(entry.frameWidth), height: number(entry.frameHeight), fps };
}
