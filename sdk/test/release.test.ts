import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ExitCode, exits } from '../src/codes';
import { TRTCAppScene, TRTCCloud } from '../src/index';
import { Ledger } from '../src/ledger';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer, FakeTrack } from './fakeBrowser';
import { FakeContext, FakePage, FakeWorker } from './fakePage';
import { enter, listen, only, ticket, World } from './world';

const scene = TRTCAppScene.TRTCAppSceneVideoCall;

let world: World;
let page: FakePage;
beforeEach(() => {
  world = new World();
  page = new FakePage();
});
afterEach(() => world.close());

/** Everything that the SDK may open is open: camera, microphone, screen, a graph, views, sound, a floating picture. */
async function busy() {
  world.server.members = [{ userId: 'ben' }];
  const inside = await enter(world);
  const { cloud } = inside;
  cloud.startLocalPreview(page.view());
  cloud.startLocalAudio();
  cloud.setAudioCaptureVolume(150);
  cloud.startScreenCapture(page.view());
  cloud.startRemoteView('ben', page.view());
  cloud.enableAudioVolumeEvaluation(100);
  world.server.tell({ case: 'slotBound', value: { mid: '3', userId: 'ben', stream: Stream.AUDIO } });
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'ben', stream: Stream.BIG } });
  await world.pass(50);
  page.document.pictureInPictureElement = page.document.made.findLast(({ name }) => name === 'video') ?? null;
  expect(page.left.sort()).toEqual(['audio', 'audio context', 'picture in picture', ...videos(3), 'worker']);
  expect(world.open.filter((what) => what.endsWith('track')).length).toBeGreaterThanOrEqual(4);
  return inside;
}

const videos = (count: number) => Array.from({ length: count }, () => 'video');

/** Ends a stay for a reason, and gives what was open when onExitRoom fired. */
async function endFor(code: ExitCode, cloud: TRTCCloud): Promise<string[]> {
  const open = new Promise<string[]>((resolve) => cloud.on('onExitRoom', () => resolve([...world.open, ...page.left])));
  if (code === 'left') void cloud.exitRoom();
  else world.server.end(code);
  await world.pass(500);
  return open;
}

const codes = Object.keys(exits) as ExitCode[];

test.each(codes)(
  'C2 C5 C7 C13 C15 C16 C22: whoever ends as %s has nothing open at onExitRoom, and nothing runs on',
  async (code) => {
    const { cloud, heard } = await busy();
    expect(await endFor(code, cloud)).toEqual([]);
    const [[reason, detail] = []] = only(heard, 'onExitRoom');
    expect([reason, (detail as { code: string }).code]).toEqual([exits[code].self, code]);
    expect(page.document.made.every(({ srcObject, parent }) => srcObject === null && parent === null)).toBe(true);
    expect(page.opened).not.toHaveBeenCalled();
    const [words, told, asked] = [world.server.heard.length, heard.length, world.devices.asked];
    await world.pass(60_000);
    expect([world.server.heard.length, heard.length, world.devices.asked]).toEqual([words, told, asked]);
    expect(vi.getTimerCount()).toBe(0);
  },
);

test('C7: whoever gives up a dead server has nothing open either', async () => {
  const { cloud, heard } = await busy();
  const open = new Promise<string[]>((resolve) => cloud.on('onExitRoom', () => resolve([...world.open, ...page.left])));
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(20_000);
  expect(await open).toEqual([]);
  expect(only(heard, 'onExitRoom')).toEqual([[3, expect.objectContaining({ code: 'timed_out' })]]);
  expect(world.left).toEqual([]);
});

test.each([0, 100, 1000, 5000])('C1: a camera and a microphone that are granted %i ms later are off', async (ms) => {
  const { cloud, heard } = await enter(world);
  world.devices.delayMs = ms;
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  cloud.exitRoom();
  await world.pass(ms + 500);
  expect([...world.left, ...page.left]).toEqual([]);
  expect(only(heard, 'onCameraDidReady')).toEqual([]);
});

test('C3: the application’s own track is left alone, and named when it is live after the exit', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(page.view());
  await world.pass(50);
  const [own, received] = [new FakeTrack('video'), new FakeTrack('video')];
  own.getSettings = () => ({ width: 0, height: 0, deviceId: 'cam' });
  for (const track of [own, received]) {
    const element = page.document.createElement('video');
    element.srcObject = { getTracks: () => [track] };
    page.document.body.appendChild(element);
  }
  cloud.exitRoom();
  await world.pass(500);
  expect([own.readyState, received.readyState]).toEqual(['live', 'live']);
  const named = vi
    .mocked(console.warn)
    .mock.calls.flat()
    .filter((line) => String(line).includes('own tracks'));
  expect(named).toEqual([expect.stringMatching(/: video "undefined"$/)]);
});

test('C5: a refused entry ends its worker as well', async () => {
  world.server.mood = 'refusing';
  const cloud = new TRTCCloud();
  cloud.enterRoom(ticket(), scene);
  expect(FakeWorker.all.map(({ running }) => running)).toEqual([true]);
  await world.pass(50);
  expect(FakeWorker.all.map(({ running }) => running)).toEqual([false]);
});

test('C6: an audio context whose graph cannot be built is closed', async () => {
  const { cloud } = await enter(world);
  FakeContext.broken = true;
  cloud.startLocalAudio();
  cloud.setAudioCaptureVolume(50);
  await world.pass(50);
  cloud.setAudioCaptureVolume(150);
  expect(FakeContext.all.length).toBeGreaterThan(1);
  expect(page.left).toEqual(['worker']);
  cloud.exitRoom();
  await world.pass(500);
  expect([...world.left, ...page.left]).toEqual([]);
});

test.each(['exitRoom', 'destroy'] as const)('C8: a preview from before the room ends by %s', async (way) => {
  const cloud = new TRTCCloud();
  cloud.startLocalPreview(page.view());
  cloud.startLocalAudio();
  await world.pass(50);
  expect(page.left).toEqual(['video']);
  if (way === 'exitRoom') cloud.enterRoom(ticket(), scene);
  await world.pass(50);
  void cloud[way]();
  await world.pass(500);
  expect([...world.left, ...page.left]).toEqual([]);
});

test('C9: a frame that is taken out of its page gives back everything at once', async () => {
  await busy();
  world.page.dispatchEvent(new Event('pagehide'));
  expect(world.open.filter((what) => what.endsWith('track') || what.endsWith('connection'))).toEqual([]);
  expect(page.left.filter((what) => what !== 'worker')).toEqual([]);
  await world.pass(500);
  expect(world.server.present).toBe(0);
  expect([...world.left, ...page.left]).toEqual([]);
});

test('C10: coming to the foreground after the exit asks for no device', async () => {
  const { cloud } = await busy();
  cloud.exitRoom();
  await world.pass(500);
  const { asked } = world.devices;
  for (const event of ['visibilitychange', 'pageshow', 'focus', 'resume', 'online', 'devicechange']) {
    for (const target of [world.page, page.document, world.devices]) target.dispatchEvent(new Event(event));
  }
  await world.pass(60_000);
  expect(world.devices.asked).toBe(asked);
  expect([...world.left, ...page.left]).toEqual([]);
});

test('the screen stops before the camera, since macOS shows a capture for ever in the other order', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  const camera = FakeTrack.all.at(-1) as FakeTrack;
  cloud.startScreenCapture();
  await world.pass(50);
  const screen = FakeTrack.all.at(-1) as FakeTrack;
  const stopped: FakeTrack[] = [];
  for (const track of [camera, screen]) track.stop = () => void stopped.push(track);
  cloud.exitRoom();
  expect(stopped).toEqual([screen, camera]);
  for (const track of [camera, screen]) track.readyState = 'ended';
});

test.each([
  [
    'by its own bar',
    () =>
      FakeTrack.all
        .filter(({ readyState }) => readyState === 'live')
        .at(-1)
        ?.end(),
  ],
  ['by stopScreenCapture', (cloud: TRTCCloud) => cloud.stopScreenCapture()],
])('C13: a sharing that ends %s leaves no view', async (_, stop) => {
  const { cloud } = await enter(world);
  cloud.startScreenCapture(page.view());
  await world.pass(50);
  expect(page.left).toEqual(['video', 'worker']);
  stop(cloud);
  await world.pass(100);
  expect(page.left).toEqual(['worker']);
});

test('C15: a picture that floats sinks when its owner leaves, not only with the stay', async () => {
  await busy();
  world.server.tell({ case: 'memberLeft', value: { userId: 'ben', reason: 0 } });
  await world.pass(50);
  expect(page.document.pictureInPictureElement).toBeNull();
});

test('C17: whatever fails while closing, the rest is closed, and onExitRoom comes', async () => {
  const { cloud, heard } = await busy();
  page.document.broken = true;
  FakePeer.throwsOnClose = true;
  const received = FakePeer.all.flatMap(({ lines }) => lines.map(({ receiver }) => receiver.track));
  for (const track of FakeTrack.all.filter((each) => !received.includes(each))) {
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      throw new Error('the driver crashed');
    };
  }
  await Promise.all([cloud.exitRoom(), world.pass(500)]);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect([...world.left, ...page.left]).toEqual([]);
});

test('C20: onExitRoom leaves a stopped device the moment that it takes to close, and no more', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(50);
  cloud.exitRoom();
  await world.pass(45);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  await world.pass(10);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
});

test('C19: a device stays busy for a second and a half at most; then the application hears of it', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.failures = ['NotReadableError', 'AbortError', 'NotReadableError', 'NotReadableError'];
  cloud.startLocalPreview(null);
  await world.pass(1600);
  expect(only(heard, 'onCameraDidReady')).toHaveLength(1);
  world.devices.failures = Array.from({ length: 5 }, () => 'NotReadableError');
  cloud.startLocalAudio();
  await world.pass(1600);
  expect(only(heard, 'onError')).toEqual([[-1319, expect.stringContaining('NotReadableError')]]);
  expect(world.devices.failures).toEqual([]);
});

test('C19: an exit does not wait for a busy device', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.failures = ['NotReadableError', 'NotReadableError'];
  cloud.startLocalPreview(null);
  await world.pass(150);
  cloud.exitRoom();
  await world.pass(100);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect([...world.left, ...page.left]).toEqual([]);
  expect(world.devices.asked).toBe(2);
});

test('E8: a phone call mutes the microphone and the camera; the stay goes on, and so do they after it', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  cloud.startLocalPreview(null);
  await world.pass(50);
  const taken = FakeTrack.all.slice(-2);
  for (const track of taken) track.interrupt(true);
  await world.pass(50);
  expect(only(heard, 'onWarning').map(([code]) => code)).toEqual([1204, 1114]);
  const told = () =>
    world.server
      .said('publish')
      .slice(-2)
      .map(({ stream, muted }) => [stream, muted]);
  expect(told()).toEqual([
    [Stream.AUDIO, true],
    [Stream.BIG, true],
  ]);
  for (const track of taken) track.interrupt(false);
  await world.pass(50);
  expect(told()).toEqual([
    [Stream.AUDIO, false],
    [Stream.BIG, false],
  ]);
  expect(only(heard, 'onMicDidReady')).toHaveLength(2);
  expect(taken.map(({ readyState }) => readyState)).toEqual(['live', 'live']);
  expect(only(heard, 'onExitRoom')).toEqual([]);
});

test('E8: a device that is gone for good ends its stream, and not the stay; another may be started', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  cloud.startLocalPreview(null);
  await world.pass(50);
  for (const track of FakeTrack.all.slice(-2)) track.end();
  await world.pass(50);
  expect(only(heard, 'onWarning').map(([code]) => code)).toEqual([1204, 1116]);
  expect(world.server.said('unpublish')).toHaveLength(2);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  cloud.startLocalAudio();
  await world.pass(50);
  expect(only(heard, 'onMicDidReady')).toHaveLength(2);
});

test.each(['granted', 'refused'])(
  'E12: a prompt that is %s an hour after the exit starts nothing, and tells nothing',
  async (answer) => {
    const cloud = new TRTCCloud();
    const heard = listen(cloud);
    cloud.enterRoom(ticket(), scene);
    await world.pass(50);
    world.devices.delayMs = 3_600_000;
    cloud.startLocalPreview(page.view());
    cloud.startLocalAudio();
    cloud.startScreenCapture(page.view());
    await world.pass(10);
    if (answer === 'refused') world.devices.failures = ['NotAllowedError', 'NotAllowedError', 'NotAllowedError'];
    cloud.exitRoom();
    await world.pass(500);
    expect(heard.map(([event]) => event)).toEqual(['onEnterRoom', 'onExitRoom']);
    await world.pass(3_600_000);
    expect(heard).toHaveLength(2);
    expect([...world.left, ...page.left]).toEqual([]);
  },
);

test('C17: one thing that cannot be closed keeps none of the others open', () => {
  const ledger = new Ledger();
  const closed: string[] = [];
  ledger.hold('first', () => closed.push('first'));
  ledger.hold('stuck', () => {
    throw new Error('stuck');
  });
  ledger.hold('last', () => closed.push('last'));
  ledger.release();
  expect(closed).toEqual(['last', 'first']);
  expect(ledger.open).toEqual([]);
});
