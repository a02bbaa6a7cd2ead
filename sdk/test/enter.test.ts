import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  configure,
  TRTCAppScene,
  TRTCCloud,
  TRTCParams,
  TRTCRoleType,
  TRTCVideoEncParam,
  TRTCVideoStreamType,
  TXLiteAVError,
  TXLiteAVWarning,
} from '../src/index';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer, FakeTrack } from './fakeBrowser';
import { enter, listen, only, ticket, World } from './world';

const scene = TRTCAppScene.TRTCAppSceneVideoCall;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  configure({});
  await world.close();
});

const anna = { userId: 'anna', streams: [{ stream: Stream.AUDIO }, { stream: Stream.BIG, muted: true }] };
const ben = { userId: 'ben', streams: [{ stream: Stream.BIG }, { stream: Stream.SUB }] };

test('S1: entering takes one round trip, and tells how many milliseconds it took', async () => {
  const { heard } = await enter(world);
  expect(heard).toEqual([['onEnterRoom', expect.any(Number)]]);
  expect(heard[0]?.[1]).toBeGreaterThan(0);
  expect(world.server.sockets[0]).toMatchObject({ url: 'ws://127.0.0.1:8080/signal', protocol: 'exeunt.v1' });
  const [said] = world.server.said('enter');
  expect(said).toMatchObject({
    userId: 'me',
    room: { case: 'roomId', value: 7 },
    offer: 'offer 1',
    scene: 0,
    role: 20,
  });
  const lines = FakePeer.all[0]?.lines.map(({ direction }) => direction);
  expect(lines).toEqual([...Array(3).fill('sendonly'), ...Array(10).fill('recvonly')]);
});

test('anything but a TRTCParams changes nothing and tells nothing', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.enterRoom({ ...ticket() }, scene);
  await world.pass(1000);
  expect(heard).toEqual([]);
  expect(console.error).toHaveBeenCalledOnce();
});

test.each([
  [TXLiteAVError.ERR_SDK_APPID_INVALID, new TRTCParams(0, '', '', 0)],
  [TXLiteAVError.ERR_USER_ID_INVALID, new TRTCParams(1, '', '', 0)],
  [TXLiteAVError.ERR_USER_SIG_INVALID, new TRTCParams(1, 'me', '', 0)],
  [TXLiteAVError.ERR_ROOM_ID_INVALID, new TRTCParams(1, 'me', 'sig', 0)],
  [TXLiteAVError.ERR_ROOM_ID_INVALID, new TRTCParams(1, 'me', 'sig', 4294967295)],
])('parameters that cannot be right are refused here, with %i', async (code, params) => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.enterRoom(params, scene);
  await world.pass(100);
  expect(heard).toEqual([
    ['onError', code, expect.any(String)],
    ['onEnterRoom', code],
  ]);
  expect(world.server.sockets).toEqual([]);
  // TRTC asks for exitRoom after a failed entry too, and apps wait for its answer.
  await Promise.all([cloud.exitRoom(), world.pass(500)]);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('a refusal by the server is told twice, and the next entry may succeed', async () => {
  world.server.mood = 'refusing';
  const { cloud, heard } = await enter(world);
  expect(heard).toEqual([
    ['onError', -100018, 'the UserSig is wrong'],
    ['onEnterRoom', -100018],
  ]);
  expect(world.left).toEqual([]);
  world.server.mood = 'open';
  cloud.enterRoom(ticket(), scene);
  await world.pass(50);
  expect(only(heard, 'onEnterRoom')[1]?.[0]).toBeGreaterThan(0);
});

test.each(['silent', 'unreachable'] as const)(
  'D7: an entry into a %s server fails in 10 s; nothing stays',
  async (mood) => {
    world.server.mood = mood;
    const { heard } = await enter(world);
    await world.pass(10_000);
    expect(only(heard, 'onEnterRoom')).toEqual([[TXLiteAVError.ERR_ROOM_REQUEST_ENTER_ROOM_TIMEOUT]]);
    expect(only(heard, 'onError')).toHaveLength(1);
    expect(world.server.sockets.length).toBeGreaterThan(1);
    await world.pass(60_000);
    expect(world.left).toEqual([]);
  },
);

test('enterRoom inside a room is refused with -3340, and the stay goes on', async () => {
  const { cloud, heard } = await enter(world);
  cloud.enterRoom(ticket(), scene);
  await world.pass(100);
  expect(only(heard, 'onError')).toEqual([[-3340, expect.any(String)]]);
  expect(only(heard, 'onEnterRoom')[1]).toEqual([-3340]);
  expect(world.server.present).toBe(1);
});

test('a string room is entered by its string, and the number wins over it', async () => {
  const cloud = new TRTCCloud();
  cloud.enterRoom(new TRTCParams(1, 'me', 'sig', 0, 'seven'), scene);
  await world.pass(50);
  cloud.exitRoom();
  cloud.enterRoom(new TRTCParams(1, 'me', 'sig', 7, 'seven'), scene);
  await world.pass(500);
  expect(world.server.said('enter').map(({ room }) => room.value)).toEqual(['seven', 7]);
});

test('a newcomer hears of the people first, then of what they show; a leaver goes picture first', async () => {
  world.server.members = [anna, ben];
  const { heard } = await enter(world);
  expect(heard.slice(1)).toEqual([
    ['onRemoteUserEnterRoom', 'anna'],
    ['onUserEnter', 'anna'],
    ['onRemoteUserEnterRoom', 'ben'],
    ['onUserEnter', 'ben'],
    ['onUserAudioAvailable', 'anna', 1],
    ['onUserVideoAvailable', 'ben', 1],
    ['onUserSubStreamAvailable', 'ben', 1],
  ]);
  heard.length = 0;
  const detail = { code: 'removed', actor: 'api:k', text: 'spam', seq: 4n };
  world.server.tell({ case: 'memberLeft', value: { userId: 'ben', reason: 2, detail } });
  await world.pass(50);
  expect(heard).toEqual([
    ['onUserVideoAvailable', 'ben', 0],
    ['onUserSubStreamAvailable', 'ben', 0],
    ['onRemoteUserLeaveRoom', 'ben', 2, expect.objectContaining({ code: 'removed', actor: 'api:k', seq: 4 })],
    ['onUserExit', 'ben', 2],
  ]);
});

test('mute and unmute are told by the numbers 0 and 1, once each', async () => {
  world.server.members = [anna];
  const { heard } = await enter(world);
  heard.length = 0;
  for (const muted of [false, false, true]) {
    world.server.tell({ case: 'streamChanged', value: { userId: 'anna', stream: Stream.BIG, published: true, muted } });
  }
  world.server.tell({ case: 'streamChanged', value: { userId: 'nobody', stream: Stream.BIG, published: true } });
  await world.pass(50);
  expect(heard).toEqual([
    ['onUserVideoAvailable', 'anna', 1],
    ['onUserVideoAvailable', 'anna', 0],
  ]);
});

test('what was captured before the entry is published with it, without a second offer', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  await world.pass(50);
  expect(heard.map(([event]) => event)).toEqual(['onCameraDidReady', 'onMicDidReady']);
  cloud.enterRoom(ticket(), scene);
  await world.pass(500);
  expect(world.server.said('publish')).toMatchObject([
    { stream: Stream.AUDIO, mid: '0', muted: false },
    { stream: Stream.BIG, mid: '1', muted: false },
  ]);
  expect(only(heard, 'onSendFirstLocalVideoFrame')).toEqual([[TRTCVideoStreamType.TRTCVideoStreamTypeBig]]);
  expect(only(heard, 'onSendFirstLocalAudioFrame')).toHaveLength(1);
  expect(FakePeer.all[0]?.offers).toBe(1);
});

test('a muted microphone is silent, a muted camera sends nothing and goes on', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  await world.pass(50);
  const [camera, mic] = FakeTrack.all.slice(-2);
  cloud.muteLocalVideo(true);
  cloud.muteLocalAudio(true);
  await world.pass(50);
  expect(world.server.said('publish').slice(2)).toMatchObject([
    { stream: Stream.BIG, muted: true },
    { stream: Stream.AUDIO, muted: true },
  ]);
  expect(FakePeer.all[0]?.lines[1]?.sent).toEqual([camera, null]);
  expect([camera?.readyState, mic?.readyState, mic?.enabled]).toEqual(['live', 'live', false]);
});

test('the screen is the sub stream; its end in the browser’s own bar ends the sharing', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startScreenCapture(null, TRTCVideoStreamType.TRTCVideoStreamTypeSmall, new TRTCVideoEncParam());
  await world.pass(50);
  expect(world.server.said('publish')).toMatchObject([{ stream: Stream.SUB, mid: '2' }]);
  cloud.pauseScreenCapture();
  cloud.resumeScreenCapture();
  FakeTrack.all.at(-1)?.end();
  await world.pass(50);
  expect(heard.map(([event]) => event).slice(1)).toEqual([
    'onScreenCaptureStarted',
    'onScreenCapturePaused',
    'onScreenCaptureResumed',
    'onScreenCaptureStoped',
    'onScreenCaptureStopped',
  ]);
  expect(world.server.said('unpublish')).toMatchObject([{ stream: Stream.SUB }]);
});

test.each([
  ['NotAllowedError', TXLiteAVError.ERR_CAMERA_NOT_AUTHORIZED],
  ['NotFoundError', TXLiteAVError.ERR_CAMERA_START_FAIL],
])('a camera that fails by %s is an onError(%i)', async (name, code) => {
  const { cloud, heard } = await enter(world);
  world.devices.failures = [name];
  cloud.startLocalPreview(null);
  await world.pass(50);
  expect(only(heard, 'onError')).toEqual([[code, expect.stringContaining(name)]]);
});

test('pictures are asked for and refused by frames; slots carry them, and grow by one offer', async () => {
  world.server.members = [anna, ben];
  const { cloud, heard } = await enter(world);
  cloud.startRemoteView('ben', null, TRTCVideoStreamType.TRTCVideoStreamTypeSub);
  cloud.startRemoteView('anna', null);
  cloud.stopRemoteView('anna');
  cloud.muteAllRemoteVideoStreams(true);
  await world.pass(50);
  expect(world.server.said('subscribe')).toMatchObject([{ userId: 'ben', stream: Stream.SUB }]);
  expect(world.server.said('unsubscribe')).toMatchObject([
    { userId: 'anna', stream: Stream.BIG },
    { userId: 'ben', stream: Stream.BIG },
    { userId: 'ben', stream: Stream.SUB },
  ]);
  world.server.tell({ case: 'slotBound', value: { mid: '3', userId: 'anna', stream: Stream.AUDIO } });
  await world.pass(50);
  FakePeer.all[0]?.lines[3]?.receiver.track.dispatchEvent(new Event('unmute'));
  await world.pass(50);
  expect(only(heard, 'onFirstAudioFrame')).toEqual([['anna']]);
  world.server.tell({ case: 'slotsNeeded', value: { audio: 0, video: 2 } });
  await world.pass(50);
  expect(world.server.said('offer')).toMatchObject([{ id: 1, sdp: 'offer 2' }]);
  expect(FakePeer.all[0]?.lines).toHaveLength(15);
});

test('setDefaultStreamRecvMode goes with the entry', async () => {
  const cloud = new TRTCCloud();
  cloud.setDefaultStreamRecvMode(true, false);
  cloud.enterRoom(ticket(), scene);
  await world.pass(50);
  expect(world.server.said('enter')[0]).toMatchObject({ receiveAudio: true, receiveVideo: false });
});

test('an audience member sends nothing until it turns anchor; a wrong role throws', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  const params = ticket();
  params.role = TRTCRoleType.TRTCRoleAudience;
  cloud.enterRoom(params, TRTCAppScene.TRTCAppSceneLIVE);
  await world.pass(50);
  cloud.startLocalAudio();
  await world.pass(50);
  expect(only(heard, 'onWarning')[0]?.[0]).toBe(TXLiteAVWarning.WARNING_IGNORE_UPSTREAM_FOR_AUDIENCE);
  expect(world.server.said('publish')).toEqual([]);
  cloud.switchRole(TRTCRoleType.TRTCRoleAnchor);
  await world.pass(50);
  expect(only(heard, 'onSwitchRole')).toEqual([[0, '']]);
  expect(world.server.said('publish')).toHaveLength(1);
  cloud.switchRole(TRTCRoleType.TRTCRoleAudience);
  await world.pass(50);
  expect(world.server.said('unpublish')).toHaveLength(1);
  for (const role of [undefined, 0, 22] as TRTCRoleType[]) expect(() => cloud.switchRole(role)).toThrow(TypeError);
  expect(() => cloud.switchRole(20, 7 as unknown as string)).toThrow(TypeError);
});

test('custom messages: 1 KB each, 30 and 8 KB a second, commands 1 to 10, reliable as ordered', async () => {
  const { cloud, heard } = await enter(world);
  const send = (cmd: number, text: string, reliable = true, ordered = true) =>
    cloud.sendCustomCmdMsg(cmd, text, reliable, ordered);
  expect([send(0, 'a'), send(11, 'a'), send(1, 'a', true, false), send(1, 'ü'.repeat(513))]).toEqual(
    Array(4).fill(false),
  );
  expect(Array.from({ length: 31 }, () => send(1, 'a')).filter(Boolean)).toHaveLength(30);
  await world.pass(1000);
  expect(Array.from({ length: 9 }, () => send(1, 'b'.repeat(1024))).filter(Boolean)).toHaveLength(8);
  await world.pass(50);
  expect(world.server.said('sendMessage')).toHaveLength(38);
  const data = new TextEncoder().encode('héllo');
  world.server.tell({ case: 'messageReceived', value: { userId: 'anna', cmdId: 3, seq: 5, data } });
  await world.pass(50);
  expect(only(heard, 'onRecvCustomCmdMsg')).toEqual([['anna', 3, 5, 'héllo']]);
});

test('volumes are told at the asked pace, and not after the exit', async () => {
  const { cloud, heard } = await enter(world);
  cloud.enableAudioVolumeEvaluation(10);
  await world.pass(1050);
  cloud.exitRoom();
  await world.pass(1000);
  const told = only(heard, 'onUserVoiceVolume');
  expect(told).toHaveLength(10);
  expect(told[0]?.[0]).toMatchObject([{ userId: '', volume: 50 }]);
});

test('statistics and network quality are told every two seconds', async () => {
  world.server.members = [anna];
  const { cloud, heard } = await enter(world);
  const statistics = vi.fn();
  cloud.on('onStatistics', statistics);
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'anna', stream: Stream.BIG } });
  FakePeer.stats = [
    { id: 'p', type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: 0.12, bytesSent: 9 },
    { id: 'o', type: 'outbound-rtp', mid: '1', bytesSent: 100_000, frameWidth: 640, frameHeight: 360 },
    { id: 'i', type: 'inbound-rtp', mid: '9', bytesReceived: 50_000, packetsLost: 5, packetsReceived: 95 },
  ];
  await world.pass(4000);
  expect(statistics).toHaveBeenCalledTimes(2);
  expect(statistics.mock.calls[0]?.[0]).toMatchObject({
    rtt: 120,
    downLoss: 5,
    sentBytes: 9,
    localStatisticsArray: [{ width: 640, height: 360, videoBitrate: 400, streamType: 0 }],
    remoteStatisticsArray: [{ userId: 'anna', videoBitrate: 200, finalLoss: 5 }],
  });
  expect(only(heard, 'onNetworkQuality')[0]).toMatchObject([
    { userId: '', quality: 3 },
    [{ userId: 'anna', quality: 0 }],
  ]);
});

test('the address: configure, then a global, then a meta tag, then the page, then this machine', async () => {
  const addressOf = async () => {
    const cloud = new TRTCCloud();
    cloud.enterRoom(ticket(), scene);
    cloud.destroy();
    await world.pass(500);
    return world.server.sockets.at(-1)?.url;
  };
  vi.stubGlobal('location', { protocol: 'https:', origin: 'https://page.example', href: 'https://page.example/call' });
  expect(await addressOf()).toBe('wss://page.example/signal');
  vi.stubGlobal('document', { querySelector: () => ({ getAttribute: () => 'https://meta.example/' }) });
  expect(await addressOf()).toBe('wss://meta.example/signal');
  vi.stubGlobal('EXEUNT_URL', 'ws://global.example:1/deep');
  expect(await addressOf()).toBe('ws://global.example:1/deep');
  configure({ url: 'wss://configured.example' });
  expect(await addressOf()).toBe('wss://configured.example/signal');
  expect(() => configure({ url: 'ftp://no.example' })).toThrow(TypeError);
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(new TRTCCloud().getSDKVersion()).toBe(version);
});

test('device lists answer at once; a device that comes or goes is told', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.startLocalPreview(null);
  await world.pass(50);
  expect(cloud.getCameraDevicesList()).toMatchObject([{ deviceId: 'cam', deviceName: 'Camera' }]);
  expect(cloud.getCurrentCameraDevice().deviceId).toBe('cam');
  expect(cloud.getCurrentMicDevice().deviceId).toBe('');
  world.devices.devices = [];
  cloud.stopLocalPreview();
  cloud.startLocalPreview(null);
  await world.pass(50);
  expect(only(heard, 'onDeviceChange')).toEqual([['cam', 2, 1]]);
  const [source] = cloud.getScreenCaptureSources(0, 0, 20, 10);
  expect([source?.thumbBGRA.width, source?.iconBGRA.length]).toEqual([1, 800]);
});
