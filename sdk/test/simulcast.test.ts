import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  configure,
  TRTCVideoResolution as Size,
  TRTCCloud,
  type TRTCLocalStatistics,
  type TRTCStatistics,
  TRTCVideoEncParam,
  TRTCVideoStreamType as Type,
} from '../src/index';
import { layerLimits, offerable } from '../src/simulcast';
import { Quality, Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const camera = 1;
const { TRTCVideoStreamTypeBig: big, TRTCVideoStreamTypeSmall: small, TRTCVideoStreamTypeSub: sub } = Type;

/** The encodings of a send line of the newest peer connection. */
function encodings(line = camera): RTCRtpEncodingParameters[] {
  return FakePeer.all.at(-1)?.lines[line]?.encodings ?? [];
}

/** The layers that are being made. */
function active(): string {
  return encodings()
    .filter((encoding) => encoding.active !== false)
    .map(({ rid }) => rid)
    .join('');
}

async function encode(...layers: string[]): Promise<void> {
  world.server.tell({ case: 'encode', value: { stream: Stream.BIG, layers } });
  await world.pass(50);
}

/** A cloud inside, with its camera on. */
async function filming(): Promise<TRTCCloud> {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  return cloud;
}

describe('what is encoded', () => {
  test('the best layer, and the others while somebody takes them', async () => {
    await filming();
    expect(active()).toBe('h');
    await encode('h', 'm', 'l');
    expect(active()).toBe('hlm');
    await encode('l');
    expect(active()).toBe('l');
    await encode();
    expect(active()).toBe('');
    await encode('h');
    expect(active()).toBe('h');
  });

  test('a word that comes with a change of the limits undoes none of them', async () => {
    const cloud = await filming();
    world.server.tell({ case: 'encode', value: { stream: Stream.BIG, layers: ['h', 'l'] } });
    await world.pass(5);
    cloud.setVideoEncoderParam(new TRTCVideoEncParam(Size.TRTCVideoResolution_1280_720, 0, 20, 1200));
    cloud.muteLocalVideo(true);
    cloud.muteLocalVideo(false);
    await world.pass(50);
    expect(active()).toBe('hl');
    expect(encodings()[0]).toMatchObject({ maxBitrate: 1_200_000, maxFramerate: 20 });
  });

  test('a word that comes while the line is being changed waits for that', async () => {
    const cloud = await filming();
    FakePeer.settingMs = 20;
    cloud.setVideoEncoderParam(new TRTCVideoEncParam(Size.TRTCVideoResolution_1280_720, 0, 20, 1200));
    await encode('h', 'm');
    expect(active()).toBe('hm');
    expect(encodings()[0]).toMatchObject({ maxBitrate: 1_200_000 });
  });

  test('a browser without simulcast sends its one picture, whoever takes what', async () => {
    FakePeer.simulcast = 'unknown';
    await filming();
    await encode();
    expect(encodings()).toEqual([{ maxBitrate: 550_000, maxFramerate: 15, scaleResolutionDownBy: 2 }]);
  });

  test('a line that has one layer left goes on, whoever takes what', async () => {
    await filming();
    encodings().splice(1);
    await encode('');
    expect(active()).toBe('h');
  });

  test('an answer that repeats what was paused when offered does not undo what was asked for since', async () => {
    await filming();
    world.server.tell({ case: 'slotsNeeded', value: { audio: 0, video: 1 } });
    FakePeer.answered = (lines) => {
      for (const encoding of lines[camera]?.encodings ?? []) encoding.active = encoding.rid === 'h';
    };
    await encode('l');
    expect(active()).toBe('l');
  });

  test('layers that are not ours change nothing', async () => {
    await filming();
    await encode('f');
    expect(active()).toBe('h');
  });

  test('a new peer connection begins with the best layer again, within the same limits', async () => {
    await filming();
    await encode('l');
    FakePeer.network = 'blocked';
    FakePeer.all[0]?.fail();
    await world.pass(6000);
    expect(FakePeer.all).toHaveLength(2);
    expect(active()).toBe('h');
    expect(encodings()[1]).toMatchObject({ scaleResolutionDownBy: 8, maxFramerate: 15 });
  });

  test('screen and microphone have no layers', async () => {
    await filming();
    expect(encodings(0)).toHaveLength(1);
    expect(encodings(2)).toHaveLength(1);
  });
});

describe('how the layers are limited', () => {
  const limits = () => encodings().map(({ maxBitrate, scaleResolutionDownBy: by }) => [maxBitrate, by]);

  test('each is half as wide as the next one above, and has its share of the bits', async () => {
    await filming();
    expect(limits()).toEqual([
      [550_000, 2],
      [68_750, 8],
      [194_454, 4],
    ]);
  });

  test('enableSmallVideoStream sets the smallest one, and takes it back', async () => {
    const cloud = await filming();
    cloud.enableSmallVideoStream(true, {
      videoResolution: Size.TRTCVideoResolution_160_90,
      videoFps: 10,
      videoBitrate: 90,
    });
    await world.pass(50);
    expect(encodings()[1]).toMatchObject({ maxBitrate: 90_000, maxFramerate: 10, scaleResolutionDownBy: 8 });
    cloud.enableSmallVideoStream(true, new TRTCVideoEncParam(Size.TRTCVideoResolution_320_180, 0, 10, 200));
    await world.pass(50);
    expect(limits()[1]).toEqual([200_000, 4]);
    cloud.enableSmallVideoStream(false, null);
    await world.pass(50);
    expect(encodings()[1]).toMatchObject({ maxBitrate: 68_750, maxFramerate: 15, scaleResolutionDownBy: 8 });
  });

  test('the middle one stays between the others, and none is bigger than the best', () => {
    const best = { bitrate: 1000, frameRate: 15, scaleDownBy: 2 };
    const of = (scaleDownBy: number) => layerLimits(best, { ...best, scaleDownBy }).map((each) => each.scaleDownBy);
    expect(of(1)).toEqual([2, 2, 2]);
    expect(of(4.5)).toEqual([2, 4.5, 3]);
    expect(of(20)).toEqual([2, 20, 4]);
  });

  test('no limit of the best one is no limit of the others', () => {
    const free = { bitrate: 0, frameRate: 0, scaleDownBy: 1 };
    expect(layerLimits(free).map(({ bitrate }) => bitrate)).toEqual([0, 0, 0]);
  });
});

describe('a codec that was asked for', () => {
  const line = () => FakePeer.all.at(-1)?.lines[camera];
  const modes = () => encodings().map((one) => (one as { scalabilityMode?: string }).scalabilityMode);
  /** Lets the browser have these codecs. */
  const has = (...codecs: string[]) =>
    vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => ({ codecs: codecs.map((mimeType) => ({ mimeType })) }) });

  afterEach(() => {
    configure({});
    vi.unstubAllGlobals();
  });

  test('VP9 is one stream of three sizes, which no word of the server takes apart', async () => {
    has('video/VP8', 'video/rtx', 'video/VP9', 'video/VP9');
    configure({ codec: 'VP9' });
    await filming();
    expect(line()?.codecs).toEqual(['video/VP9', 'video/VP9', 'video/VP8', 'video/rtx']);
    expect(modes()).toEqual(['L3T3_KEY']);
    await encode();
    expect(encodings()[0]?.active).not.toBe(false);
    expect(FakePeer.all.at(-1)?.lines[2]?.codecs).toEqual([]);
  });

  test('AV1 is a stream for each size, and those that nobody takes are not made', async () => {
    has('video/VP8', 'video/AV1');
    configure({ codec: 'AV1' });
    await filming();
    expect(line()?.codecs).toEqual(['video/AV1', 'video/VP8']);
    expect(modes()).toEqual(['L1T3', 'L1T3', 'L1T3']);
    expect(active()).toBe('h');
    await encode('l');
    expect(active()).toBe('l');
  });

  test.each([[['video/VP8', 'video/H264']], [[]]])('a browser that lacks it sends as it likes (%s)', async (codecs) => {
    has(...codecs);
    configure({ codec: 'AV1' });
    await filming();
    expect(line()?.codecs).toEqual([]);
    expect(modes()).toEqual([undefined, undefined, undefined]);
  });

  test('what is no such codec is refused', () => {
    expect(() => configure({ codec: 'H264' as 'VP9' })).toThrow(TypeError);
  });
});

describe('what is offered', () => {
  const line = (kind: string, types: string, ...rest: string[]) =>
    [`m=${kind} 9 UDP/TLS/RTP/SAVPF ${types}`, 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 H264/90000', ...rest, ''].join(
      '\r\n',
    );
  const vp9 = 'a=rtpmap:98 VP9/90000';
  const av1 = 'a=rtpmap:45 AV1/90000';
  const layers = ['a=rid:h send', 'a=rid:m send', 'a=simulcast:send h;m'];

  test.each(['96 97 98', '97 96 98', '45 96'])('simulcast with the codecs that have it (%s)', (types) => {
    const sdp = `v=0\r\n${line('audio', '111')}${line('video', types, vp9, av1, ...layers)}`;
    expect(offerable(sdp)).toBe(sdp);
  });

  test('none with another codec, and nothing else is touched', () => {
    const screen = line('video', '96', ...layers);
    expect(offerable(`v=0\r\n${line('video', '98 96', vp9, ...layers, 'a=sendonly')}${screen}`)).toBe(
      `v=0\r\n${line('video', '98 96', vp9, 'a=sendonly')}${screen}`,
    );
  });

  test('what goes to the server', async () => {
    FakePeer.sdp = `\r\n${line('video', '98', vp9, ...layers)}`;
    await enter(world);
    expect(world.server.said('enter')[0]?.offer).toBe(`offer 1\r\n${line('video', '98', vp9)}`);
  });
});

describe('which layer is wanted of the others', () => {
  const wished = () => world.server.said('prefer').map(({ userId, quality }) => `${userId} ${Quality[quality]}`);
  const come = async (userId: string) => {
    world.server.tell({ case: 'memberEntered', value: { userId } });
    await world.pass(50);
  };
  const go = async (userId: string) => {
    world.server.tell({ case: 'memberLeft', value: { userId, reason: 0 } });
    await world.pass(50);
  };

  test('setRemoteVideoStreamType says it once, and takes it back', async () => {
    world.server.members = [{ userId: 'ann' }];
    const { cloud } = await enter(world);
    cloud.setRemoteVideoStreamType('ann', big);
    cloud.setRemoteVideoStreamType('ann', small);
    cloud.setRemoteVideoStreamType('ann', small);
    cloud.setRemoteVideoStreamType('ann', sub);
    cloud.setRemoteVideoStreamType('ann', big);
    await world.pass(50);
    expect(wished()).toEqual(['ann LOW', 'ann HIGH']);
    expect(world.server.said('prefer')[0]?.stream).toBe(Stream.BIG);
  });

  test('it waits for a user who is not here, and holds when the user comes back', async () => {
    const { cloud } = await enter(world);
    cloud.setRemoteVideoStreamType('ann', small);
    await world.pass(50);
    expect(wished()).toEqual([]);
    await come('ann');
    await go('ann');
    await come('ann');
    expect(wished()).toEqual(['ann LOW', 'ann LOW']);
  });

  test('it is said again over a new socket', async () => {
    world.server.members = [{ userId: 'ann' }, { userId: 'ben' }];
    const { cloud } = await enter(world);
    cloud.setRemoteVideoStreamType('ann', small);
    await world.pass(50);
    world.server.cut();
    await world.pass(3000);
    expect(wished()).toEqual(['ann LOW', 'ann LOW']);
  });

  test('setPriorRemoteVideoStreamType is for everybody else, in this room and the next', async () => {
    const cloud = new TRTCCloud();
    cloud.setPriorRemoteVideoStreamType(small);
    cloud.destroy();
    world.server.members = [{ userId: 'ann' }, { userId: 'ben' }];
    const inside = await enter(world);
    inside.cloud.setRemoteVideoStreamType('ann', big);
    inside.cloud.setPriorRemoteVideoStreamType(small);
    await come('cid');
    inside.cloud.setPriorRemoteVideoStreamType(big);
    await world.pass(50);
    expect(wished()).toEqual(['ben LOW', 'cid LOW', 'ben HIGH', 'cid HIGH']);
  });

  test('none of them is reported as missing', async () => {
    const { cloud, heard } = await enter(world);
    expect(cloud.enableSmallVideoStream(true, new TRTCVideoEncParam())).toBeUndefined();
    expect(cloud.setRemoteVideoStreamType('ann', small)).toBeUndefined();
    expect(cloud.setPriorRemoteVideoStreamType(small)).toBeUndefined();
    await world.pass(50);
    expect(heard.filter(([event]) => event === 'onError')).toEqual([]);
  });
});

describe('what is measured of the layers', () => {
  const layer = (rid: string, bytesSent: number, activity: boolean) => ({
    ...{ id: rid, rid, type: 'outbound-rtp', mid: '1', bytesSent, active: activity },
    ...{ frameWidth: rid.charCodeAt(0), frameHeight: 9, framesPerSecond: 15 },
  });
  const voice = { id: 'voice', type: 'outbound-rtp', mid: '0', bytesSent: 10_000 };
  const screen = { ...layer('screen', 5000, true), rid: undefined, mid: '2' };

  async function measured(...stats: typeof FakePeer.stats): Promise<TRTCLocalStatistics[]> {
    FakePeer.stats = stats;
    const { cloud } = await enter(world);
    let last: TRTCStatistics | undefined;
    cloud.on('onStatistics', (statistics: TRTCStatistics) => {
      last = statistics;
    });
    await world.pass(2100);
    return last?.localStatisticsArray ?? [];
  }
  const types = (all: TRTCLocalStatistics[]) => all.map(({ streamType, width }) => [streamType, width]);
  const [h = 0, m = 0, l = 0] = [...'hml'].map((rid) => rid.charCodeAt(0));

  test('the big and the small picture, with the voice once', async () => {
    const all = await measured(voice, layer('l', 900, true), layer('m', 0, false), layer('h', 5000, true), screen);
    expect(types(all)).toEqual([
      [big, h],
      [small, l],
      [sub, 's'.charCodeAt(0)],
    ]);
    expect(all.map(({ videoBitrate, audioBitrate }) => [videoBitrate, audioBitrate])).toEqual([
      [20, 40],
      [4, 0],
      [20, 0],
    ]);
  });

  test('a layer that is paused is not told, whatever it has sent before', async () => {
    expect(types(await measured(layer('h', 5000, false), layer('l', 900, true)))).toEqual([[small, l]]);
  });

  test('the middle one stands for the big one while nobody takes that', async () => {
    expect(types(await measured(layer('h', 5000, false), layer('m', 900, true)))).toEqual([[big, m]]);
  });
});
