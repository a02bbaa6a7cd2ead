import { TRTCLocalStatistics, TRTCQuality, TRTCQualityInfo, TRTCRemoteStatistics, TRTCStatistics } from './define';
import type { Fire } from './local';
import type { Session } from './session';
import { typeOf } from './streams';
import { Stream } from './wire/exeunt/v1/signal_pb';

/** TRTC's pace. */
const everyMs = 2000;

// What the browser's numbers are called (W3C, Identifiers for WebRTC's Statistics API); each may be missing.
type Entry = Record<string, number | string | undefined> & { id: string; type: string };

// Round trip in milliseconds and loss in per cent up to which a network has each quality.
const steps: ReadonlyArray<[rtt: number, loss: number, quality: TRTCQuality]> = [
  [100, 1, TRTCQuality.TRTCQuality_Excellent],
  [200, 3, TRTCQuality.TRTCQuality_Good],
  [350, 8, TRTCQuality.TRTCQuality_Poor],
  [600, 15, TRTCQuality.TRTCQuality_Bad],
];

/** What one stay measures: onStatistics and onNetworkQuality. */
export class Statistics {
  private readonly before = new Map<string, number>();

  constructor(private readonly fire: Fire) {}

  /** Measures this stay until it ends. */
  watch(session: Session): void {
    this.before.clear();
    if (session.live) session.timers.every(everyMs, () => void this.measure(session));
  }

  private async measure(session: Session): Promise<void> {
    if (session.resuming) this.fire('onNetworkQuality', new TRTCQualityInfo('', TRTCQuality.TRTCQuality_Down), []);
    const report = await session.line?.lines?.stats().catch(() => undefined);
    if (!report || !session.inside) return;
    const entries: Entry[] = [];
    report.forEach((entry) => {
      entries.push(entry);
    });
    const statistics = this.summary(entries);
    statistics.localStatisticsArray = this.locals(entries, session);
    statistics.localStatisticsArraySize = statistics.localStatisticsArray.length;
    statistics.remoteStatisticsArray = this.remotes(entries, session);
    statistics.remoteStatisticsArraySize = statistics.remoteStatisticsArray.length;
    this.fire('onStatistics', statistics);
    // One grade a person: that of the worse of their pictures.
    const losses = new Map<string, number>();
    for (const { userId, finalLoss } of statistics.remoteStatisticsArray) {
      losses.set(userId, Math.max(finalLoss, losses.get(userId) ?? 0));
    }
    const grades = new Map([...losses].map(([userId, loss]) => [userId, grade(statistics.rtt, loss)]));
    for (const userId of session.unstable) grades.set(userId, TRTCQuality.TRTCQuality_Down);
    const others = [...grades].map(([userId, quality]) => new TRTCQualityInfo(userId, quality));
    this.fire('onNetworkQuality', new TRTCQualityInfo('', grade(statistics.rtt, statistics.upLoss)), others);
  }

  private summary(entries: Entry[]): TRTCStatistics {
    const statistics = new TRTCStatistics();
    for (const entry of entries) {
      if (entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated) {
        statistics.rtt = Math.round(1000 * number(entry.currentRoundTripTime));
        statistics.sentBytes = number(entry.bytesSent);
        statistics.receivedBytes = number(entry.bytesReceived);
      }
      if (entry.type === 'remote-inbound-rtp') {
        statistics.upLoss = Math.max(statistics.upLoss, Math.round(100 * number(entry.fractionLost)));
      }
      if (entry.type === 'inbound-rtp') statistics.downLoss = Math.max(statistics.downLoss, this.lossOf(entry, 'all'));
    }
    return statistics;
  }

  private locals(entries: Entry[], session: Session): TRTCLocalStatistics[] {
    const sent = entries.filter((entry) => entry.type === 'outbound-rtp');
    const on = (stream: Stream) => sent.find((entry) => entry.mid === session.line?.lines?.lineOf(stream));
    const audioBitrate = this.rate(on(Stream.AUDIO), 'bytesSent');
    return [Stream.BIG, Stream.SUB].flatMap((stream) => {
      const entry = on(stream);
      if (!entry || !number(entry.bytesSent)) return [];
      const { width, height, fps } = picture(entry);
      const sound = stream === Stream.BIG ? audioBitrate : 0;
      return [
        new TRTCLocalStatistics(width, height, fps, this.rate(entry, 'bytesSent'), 48_000, sound, typeOf(stream)),
      ];
    });
  }

  private remotes(entries: Entry[], session: Session): TRTCRemoteStatistics[] {
    const known = new Map<string, TRTCRemoteStatistics>();
    for (const entry of entries) {
      const slot = entry.type === 'inbound-rtp' ? session.receiver.slotOf(String(entry.mid)) : undefined;
      if (!slot) continue;
      const type = typeOf(slot.stream);
      const statistics = known.get(`${type} ${slot.user}`) ?? new TRTCRemoteStatistics(slot.user);
      known.set(`${type} ${slot.user}`, statistics);
      statistics.streamType = type;
      this.fill(statistics, entry, slot.stream);
    }
    return [...known.values()];
  }

  private fill(statistics: TRTCRemoteStatistics, entry: Entry, stream: Stream): void {
    const loss = this.lossOf(entry, 'one');
    statistics.finalLoss = Math.max(statistics.finalLoss, loss);
    statistics.jitterBufferDelay = Math.round(
      (1000 * number(entry.jitterBufferDelay)) / Math.max(1, number(entry.jitterBufferEmittedCount)),
    );
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

  // Kilobits a second since the last measurement.
  private rate(entry: Entry | undefined, field: string): number {
    if (!entry) return 0;
    const bytes = this.grown(`${entry.id} ${field}`, number(entry[field]));
    return Math.round((bytes * 8) / everyMs);
  }

  // Per cent lost since the last measurement. Each reader keeps its own mark.
  private lossOf(entry: Entry, reader: string): number {
    const lost = this.grown(`${reader} ${entry.id} lost`, number(entry.packetsLost));
    const received = this.grown(`${reader} ${entry.id} received`, number(entry.packetsReceived));
    return lost > 0 ? Math.round((100 * lost) / (lost + received)) : 0;
  }

  private grown(mark: string, now: number): number {
    const before = this.before.get(mark) ?? 0;
    this.before.set(mark, now);
    return Math.max(0, now - before);
  }
}

function number(value: number | string | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function picture(entry: Entry): { width: number; height: number; fps: number } {
  const fps = Math.round(number(entry.framesPerSecond));
  return { width: number(entry.frameWidth), height: number(entry.frameHeight), fps };
}

function grade(rtt: number, loss: number): TRTCQuality {
  const [, , quality] = steps.find(([mostRtt, mostLoss]) => rtt <= mostRtt && loss <= mostLoss) ?? [];
  return quality ?? TRTCQuality.TRTCQuality_Vbad;
}
