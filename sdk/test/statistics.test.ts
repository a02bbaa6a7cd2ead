import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TRTCQuality, TRTCRemoteStatistics, TRTCStatistics } from '../src/index';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
  world.server.members = [{ userId: 'anna' }, { userId: 'ben' }];
});
afterEach(() => world.close());

interface Told {
  userId: string;
  uplinkLossPermille?: number;
  downlinkLossPermille?: number;
  rttMs?: number;
}

/** What the server says of the networks. */
const say = (...members: Told[]) => world.server.tell({ case: 'networkQuality', value: { members } });

/** A cloud that sees Anna's camera and hears her, and what it tells of that. */
async function watching() {
  const { cloud, heard } = await enter(world);
  const all: TRTCStatistics[] = [];
  cloud.on('onStatistics', (statistics: TRTCStatistics) => all.push(statistics));
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'anna', stream: Stream.BIG } });
  world.server.tell({ case: 'slotBound', value: { mid: '3', userId: 'anna', stream: Stream.AUDIO } });
  await world.pass(20);
  const remote = (): TRTCRemoteStatistics | undefined => all.at(-1)?.remoteStatisticsArray[0];
  const grades = () => {
    const [own, others] = only(heard, 'onNetworkQuality').at(-1) as [Graded, Graded[]];
    return { own: own.quality, ...Object.fromEntries(others.map(({ userId, quality }) => [userId, quality])) };
  };
  return { all, remote, grades };
}
type Graded = { userId: string; quality: TRTCQuality };

const pair = (seconds: number, more = {}) => ({
  ...{ id: 'p', type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: seconds },
  ...more,
});
const camera = (more = {}) => ({
  id: 'v',
  type: 'inbound-rtp',
  mid: '9',
  packetsLost: 0,
  packetsReceived: 100,
  ...more,
});
const voice = (more = {}) => ({
  id: 'a',
  type: 'inbound-rtp',
  mid: '3',
  packetsLost: 0,
  packetsReceived: 100,
  ...more,
});

describe('the grade of another user', () => {
  const of = async (network: Omit<Told, 'userId'>) => {
    const { grades } = await watching();
    FakePeer.stats = [pair(0.001), camera()];
    say({ userId: 'anna', ...network });
    await world.pass(2000);
    return grades();
  };

  test.each([
    [1, { uplinkLossPermille: 10, rttMs: 100 }],
    [2, { uplinkLossPermille: 11, rttMs: 1 }],
    [2, { uplinkLossPermille: 0, rttMs: 101 }],
    [3, { uplinkLossPermille: 80, rttMs: 1 }],
    [4, { uplinkLossPermille: 81, rttMs: 350 }],
    [4, { rttMs: 600 }],
    [5, { uplinkLossPermille: 0, rttMs: 601 }],
    [5, { uplinkLossPermille: 151 }],
    [0, { downlinkLossPermille: 500 }],
  ])('is %i for %o', async (quality, network) => {
    expect(await of(network)).toEqual({ own: 1, anna: quality });
  });

  test('is by the user’s own network, whatever this page loses', async () => {
    const { grades } = await watching();
    FakePeer.stats = [pair(0.001), camera({ packetsLost: 40 })];
    say({ userId: 'anna', uplinkLossPermille: 0, rttMs: 9 });
    await world.pass(2000);
    expect(grades()).toEqual({ own: 5, anna: 1 });
  });

  test('is of those in the room alone, and down for those of whom there is no sign of life', async () => {
    const { grades } = await watching();
    FakePeer.stats = [pair(0.001)];
    say({ userId: 'anna', rttMs: 9 }, { userId: 'ben', rttMs: 9 }, { userId: 'stranger', rttMs: 9 });
    world.server.tell({ case: 'memberPresence', value: { userId: 'ben', unstable: true, cause: 'media' } });
    await world.pass(2000);
    expect(grades()).toEqual({ own: 1, anna: 1, ben: 6 });
  });

  test('does not outlive what the server said', async () => {
    const { grades } = await watching();
    FakePeer.stats = [pair(0.001), camera()];
    say({ userId: 'anna', rttMs: 9 });
    await world.pass(4000);
    expect(grades()).toEqual({ own: 1, anna: 1 });
    await world.pass(4000);
    expect(grades()).toEqual({ own: 1, anna: 0 });
  });
});

test('one’s own grade is that of the worse direction, as the server counted it', async () => {
  const { all, grades } = await watching();
  FakePeer.stats = [pair(0.02), camera({ packetsLost: 30 })];
  say({ userId: 'me', uplinkLossPermille: 126, downlinkLossPermille: 14, rttMs: 25 });
  await world.pass(2000);
  expect(all.at(-1)).toMatchObject({ upLoss: 13, downLoss: 1, rtt: 20 });
  expect(grades().own).toBe(4);
  say({ userId: 'me', uplinkLossPermille: 0, downlinkLossPermille: 40, rttMs: 25 });
  await world.pass(2000);
  expect(grades().own).toBe(3);
});

test('before anything is measured no network has a grade', async () => {
  const { grades } = await watching();
  FakePeer.stats = [camera({ packetsReceived: 0 })];
  await world.pass(2000);
  expect(grades()).toEqual({ own: 0, anna: 0 });
});

test('what another user’s network does is told with the stream, and how long it takes from there to here', async () => {
  const { remote } = await watching();
  FakePeer.stats = [
    pair(0.04),
    camera({ jitterBufferDelay: 6, jitterBufferEmittedCount: 100 }),
    voice({ jitterBufferDelay: 4, jitterBufferEmittedCount: 100 }),
  ];
  say({ userId: 'anna', uplinkLossPermille: 46, rttMs: 100 });
  await world.pass(2000);
  expect(remote()).toMatchObject({
    ...{ userId: 'anna', remoteNetworkUplinkLoss: 5, remoteNetworkRTT: 100 },
    ...{ jitterBufferDelay: 60, point2PointDelay: 20 + 50 + 60 },
  });
  // The buffer is as it is now, not on the average of the call.
  FakePeer.stats = [pair(0.04), camera({ jitterBufferDelay: 7, jitterBufferEmittedCount: 200 })];
  await world.pass(2000);
  expect(remote()?.jitterBufferDelay).toBe(10);
});

test('a delay of which a part is not known is not known', async () => {
  const { remote } = await watching();
  FakePeer.stats = [pair(0.04), camera({ jitterBufferDelay: 6, jitterBufferEmittedCount: 100 })];
  await world.pass(2000);
  expect(remote()).toMatchObject({ jitterBufferDelay: 60, point2PointDelay: 0, remoteNetworkRTT: 0 });
});

test('what was repaired is lost on the way, and not in the end', async () => {
  const { all, remote } = await watching();
  FakePeer.stats = [
    camera({ packetsLost: 10, packetsReceived: 90, retransmittedPacketsReceived: 8 }),
    voice({ packetsLost: 4, packetsReceived: 96 }),
  ];
  await world.pass(2000);
  expect(all.at(-1)?.downLoss).toBe(7);
  expect(remote()).toMatchObject({ videoPacketLoss: 2, audioPacketLoss: 4, finalLoss: 4 });
});

test('how long sound and picture stood still is summed up for as long as the stream is there', async () => {
  const { remote } = await watching();
  const sound = (seconds: number, concealed: number, packetsReceived: number) =>
    voice({
      ...{ packetsReceived, totalSamplesDuration: seconds, totalSamplesReceived: 48_000 * seconds },
      concealedSamples: 48_000 * concealed,
    });
  FakePeer.stats = [sound(2, 0.5, 100), camera({ totalFreezesDuration: 0.2 })];
  await world.pass(2000);
  expect(remote()).toMatchObject({ audioTotalBlockTime: 500, audioBlockRate: 25 });
  expect(remote()).toMatchObject({ videoTotalBlockTime: 200, videoBlockRate: 10 });
  FakePeer.stats = [sound(4, 0.7, 200), camera({ totalFreezesDuration: 0.2 })];
  await world.pass(2000);
  expect(remote()).toMatchObject({ audioTotalBlockTime: 700, audioBlockRate: 18 });
  expect(remote()).toMatchObject({ videoTotalBlockTime: 200, videoBlockRate: 5 });
  // A publisher who sends no sound is silent, not disturbed.
  FakePeer.stats = [sound(6, 2.7, 200), camera({ totalFreezesDuration: 0.2 })];
  await world.pass(2000);
  expect(remote()).toMatchObject({ audioTotalBlockTime: 700, audioBlockRate: 18 });
  // The slot goes on with somebody else, whose stream has not stood still.
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'ben', stream: Stream.BIG } });
  world.server.tell({ case: 'slotUnbound', value: { mid: '3' } });
  await world.pass(2000);
  expect(remote()).toMatchObject({ userId: 'ben', videoTotalBlockTime: 0, audioTotalBlockTime: 0 });
});

test('the bytes of a stay are summed up over all of its ways to the server', async () => {
  const { all } = await watching();
  FakePeer.stats = [pair(0.01, { bytesSent: 100, bytesReceived: 1000 })];
  await world.pass(2000);
  FakePeer.stats = [pair(0.01, { id: 'q', bytesSent: 30, bytesReceived: 300 })];
  await world.pass(2000);
  FakePeer.stats = [pair(0.01, { id: 'q', bytesSent: 20, bytesReceived: 200 })];
  await world.pass(2000);
  expect(all.map(({ sentBytes, receivedBytes }) => [sentBytes, receivedBytes])).toEqual([
    [100, 1000],
    [130, 1300],
    [150, 1500],
  ]);
});

test('a round trip of less than half a millisecond is none of nothing', async () => {
  const { all } = await watching();
  FakePeer.stats = [pair(0.0002)];
  await world.pass(2000);
  expect(all.at(-1)?.rtt).toBe(1);
});

describe('of the machine', () => {
  test('a browser knows what the script takes, where it tells', async () => {
    const { all } = await watching();
    vi.stubGlobal('performance', { now: () => Date.now(), memory: { usedJSHeapSize: 50 * 1024 * 1024 } });
    await world.pass(2000);
    expect(all.at(-1)).toMatchObject({ appMemoryUsageInMB: 50, systemMemoryInMB: 0, appCpu: 0, gatewayRtt: 0 });
  });

  test('Electron with Node integration knows more', async () => {
    const { all } = await watching();
    vi.stubGlobal('process', {
      getCPUUsage: () => ({ percentCPUUsage: 12.4 }),
      getProcessMemoryInfo: async () => ({ private: 200 * 1024 }),
      getSystemMemoryInfo: () => ({ total: 16_000 * 1024, free: 6000 * 1024 }),
    });
    await world.pass(2000);
    expect(all.at(-1)).toMatchObject({
      ...{ appCpu: 12, appMemoryUsageInMB: 200, systemMemoryInMB: 16_000, systemMemoryUsageInMB: 10_000 },
    });
  });
});
