import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TRTCAppScene, TRTCCloud } from '../src/index';
import { FakePeer, FakeTrack } from './fakeBrowser';
import { enter, listen, only, ticket, World } from './world';

const scene = TRTCAppScene.TRTCAppSceneVideoCall;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

test('S3 C20: tracks and media end inside exitRoom; onExitRoom(0) is asynchronous and comes once', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  cloud.startScreenCapture();
  await world.pass(50);
  expect(FakeTrack.all.filter((track) => track.readyState === 'live').length).toBeGreaterThan(3);
  const exited = cloud.exitRoom();
  expect(FakeTrack.all.filter((track) => track.readyState === 'live')).toEqual([]);
  expect(FakePeer.all.every((peer) => peer.connectionState === 'closed')).toBe(true);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  await world.pass(500);
  await exited;
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left', actor: 'me' })]]);
  expect(heard.map(([event]) => event).slice(-3)).toEqual([
    'onScreenCaptureStoped',
    'onScreenCaptureStopped',
    'onExitRoom',
  ]);
  expect(world.server.said('exit')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('I-5: a listener that is added after the call still hears onExitRoom', async () => {
  const { cloud } = await enter(world);
  cloud.exitRoom();
  const late = vi.fn();
  cloud.on('onExitRoom', late);
  await world.pass(500);
  expect(late).toHaveBeenCalledTimes(1);
});

test.each(['silent', 'unreachable'] as const)('D4: onExitRoom comes within 500 ms from a %s server', async (mood) => {
  const { cloud, heard } = await enter(world);
  world.server.mood = mood;
  if (mood === 'unreachable') world.server.cut();
  cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect(world.left).toEqual([]);
  // The lost confirmation keeps nobody from entering again.
  world.server.mood = 'open';
  cloud.enterRoom(ticket(), scene);
  await world.pass(50);
  expect(only(heard, 'onEnterRoom')).toHaveLength(2);
});

test('D3: leaving twice is leaving once, with one promise', async () => {
  const { cloud, heard } = await enter(world);
  const [first, second] = [cloud.exitRoom(), cloud.exitRoom()];
  expect(second).toBe(first);
  await world.pass(500);
  await cloud.exitRoom();
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
});

test('leaving a room that was never entered settles at once, and tells nothing', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  await cloud.exitRoom();
  await world.pass(1000);
  expect(heard).toEqual([]);
});

// 0: the socket opens; 7: enter is on its way; 12: its reply is.
test.each([0, 3, 7, 12, 14])('D1: leaving %i ms after enterRoom cancels the entry', async (ms) => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  cloud.enterRoom(ticket(), scene);
  await world.pass(ms);
  cloud.exitRoom();
  await world.pass(1000);
  expect(heard).toEqual([['onExitRoom', 0, expect.anything()]]);
  expect(world.server.present).toBe(0);
  expect(world.left).toEqual([]);
});

test('C1: a camera that is granted after the exit is switched off at once', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.delayMs = 2000;
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  await world.pass(10);
  cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  await world.pass(5000);
  expect(world.left).toEqual([]);
  expect(only(heard, 'onCameraDidReady')).toEqual([]);
});

test('C1: a camera that is granted soon after the exit is off before onExitRoom', async () => {
  const { cloud } = await enter(world);
  world.devices.delayMs = 200;
  cloud.startLocalPreview(null);
  const atExit = new Promise<string[]>((resolve) => cloud.on('onExitRoom', () => resolve(world.open)));
  cloud.exitRoom();
  await world.pass(500);
  expect(await atExit).toEqual([]);
});

test('C14: a screen that is picked after the exit is not shared', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.delayMs = 3000;
  cloud.startScreenCapture();
  await world.pass(10);
  cloud.exitRoom();
  await world.pass(5000);
  expect(world.left).toEqual([]);
  expect(only(heard, 'onScreenCaptureStarted')).toEqual([]);
});

test('C4: what is started before onExitRoom waits for the release, and belongs to the next stay', async () => {
  const { cloud, heard } = await enter(world);
  world.server.mood = 'silent';
  cloud.exitRoom();
  cloud.startLocalPreview(null);
  await world.pass(300);
  expect(world.left.filter((what) => what.includes('track'))).toEqual([]);
  await world.pass(300);
  expect(heard.at(-1)).toEqual(['onCameraDidReady']);
  cloud.stopLocalPreview();
});

test('C12: stopLocalPreview switches the camera off, and takes the picture back', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  const camera = FakeTrack.all.at(-1);
  cloud.stopLocalPreview();
  expect(camera?.readyState).toBe('ended');
  await world.pass(50);
  expect(world.server.said('unpublish')).toHaveLength(1);
});

test('C17: steps that throw keep nothing else open', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  cloud.startScreenCapture();
  await world.pass(50);
  FakePeer.throwsOnClose = true;
  for (const track of FakeTrack.all.slice(-3)) {
    track.stop = () => {
      track.readyState = 'ended';
      throw new Error('the driver crashed');
    };
  }
  cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('C19: enterRoom right after exitRoom waits for the release, on this instance and on a new one', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.delayMs = 300;
  cloud.startLocalPreview(null);
  const other = cloud.createSubCloud() as TRTCCloud;
  cloud.exitRoom();
  cloud.enterRoom(ticket(), scene);
  other.enterRoom(ticket('me2'), scene);
  await world.pass(250);
  expect(world.server.sockets).toHaveLength(1);
  await world.pass(250);
  expect(heard.map(([event]) => event)).toEqual(['onEnterRoom', 'onExitRoom', 'onEnterRoom']);
  expect(world.server.sockets).toHaveLength(3);
});

test('C19: a device that is still busy is asked for once more', async () => {
  const { cloud, heard } = await enter(world);
  world.devices.failures = ['NotReadableError'];
  cloud.startLocalPreview(null);
  await world.pass(500);
  expect(only(heard, 'onCameraDidReady')).toHaveLength(1);
  expect(only(heard, 'onError')).toEqual([]);
});

test('C22: nothing runs and nothing is said after the exit', async () => {
  const { cloud } = await enter(world);
  cloud.enableAudioVolumeEvaluation(100);
  await world.pass(3000);
  expect(world.server.said('heartbeat').length).toBeGreaterThanOrEqual(2);
  cloud.exitRoom();
  await world.pass(500);
  const words = world.server.heard.length;
  await world.pass(60_000);
  expect(world.server.heard.length).toBe(words);
  expect(vi.getTimerCount()).toBe(0);
});

test('D6: the echo of one’s own leaving is no removal', async () => {
  const { cloud, heard } = await enter(world);
  cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')[0]?.[0]).toBe(0);
  expect(only(heard, 'onError')).toEqual([]);
});

const forced = [
  ['removed', 1],
  ['banned', 1],
  ['dismissed', 2],
  ['replaced', 1],
  ['credential_expired', 1],
  ['protocol_error', 3],
  ['closed_by_policy', 2],
] as const;

test.each(forced)('C7 F3 D13: %s ends the stay with %i, frees everything and is never undone', async (code, reason) => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  cloud.startLocalAudio();
  await world.pass(50);
  const freed = new Promise((resolve) => cloud.on('onExitRoom', () => resolve(world.open)));
  world.server.end(code, 'spam');
  await world.pass(500);
  expect(await freed).toEqual([]);
  const detail = expect.objectContaining({ code, text: 'spam', actor: 'server', seq: 9, rejoinAfter: 0 });
  expect(only(heard, 'onExitRoom')).toEqual([[reason, detail]]);
  await world.pass(5 * 60_000);
  expect(world.server.said('enter')).toHaveLength(1);
  // A later exitRoom is harmless.
  await cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
});

test('B9: the close code says why when the frame with the reason was lost', async () => {
  const { heard } = await enter(world);
  world.server.sockets[0]?.shut(4503, '');
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toEqual([[2, expect.objectContaining({ code: 'dismissed' })]]);
});

test('50 times enterRoom right after exitRoom: every stay begins and ends once', async () => {
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  for (let i = 0; i < 50; i++) {
    cloud.enterRoom(ticket(), scene);
    // The camera of the stay before takes a moment to close.
    await world.pass(100);
    cloud.startLocalPreview(null);
    await world.pass(10);
    cloud.exitRoom();
    cloud.enterRoom(ticket(), scene);
    cloud.exitRoom();
  }
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toHaveLength(100);
  expect(only(heard, 'onEnterRoom')).toHaveLength(50);
  // An entry that was cancelled while it waited never opened one.
  expect(world.server.sockets).toHaveLength(50);
  expect(only(heard, 'onError')).toEqual([]);
  expect(world.left).toEqual([]);
});

test('exit, destroy, a new instance and the same room, all in one tick', async () => {
  const first = TRTCCloud.getTRTCShareInstance();
  const old = listen(first);
  first.enterRoom(ticket(), scene);
  await world.pass(50);
  first.startLocalAudio();
  await world.pass(50);
  first.stopLocalAudio();
  first.exitRoom();
  TRTCCloud.destroyTRTCShareInstance();
  const second = TRTCCloud.getTRTCShareInstance();
  const heard = listen(second);
  second.enterRoom(ticket(), scene);
  await world.pass(500);
  expect(second).not.toBe(first);
  expect(only(old, 'onExitRoom')).toHaveLength(1);
  expect(only(heard, 'onEnterRoom')).toEqual([[expect.any(Number)]]);
  // The old session had gone when the new one came.
  const words = world.server.heard.map((frame) => frame.case).filter((word) => word === 'enter' || word === 'exit');
  expect(words).toEqual(['enter', 'exit', 'enter']);
  expect(() => {
    first.stopLocalPreview();
    first.stopScreenCapture();
    first.stopRemoteView('you');
  }).not.toThrow();
});

test('destroy inside a room leaves it and tells nobody; a second one throws, the static one does not', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(50);
  cloud.destroy();
  await world.pass(500);
  expect(world.left).toEqual([]);
  expect(world.server.present).toBe(0);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(() => cloud.destroy()).toThrow();
  expect(() => TRTCCloud.destroyTRTCShareInstance()).not.toThrow();
  expect(() => TRTCCloud.destroyTRTCShareInstance()).not.toThrow();
});

test('C21: a sub-instance leaves alone; the main one takes it along when destroyed', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(50);
  const other = cloud.createSubCloud() as TRTCCloud;
  expect(other.createSubCloud()).toBeNull();
  const theirs = listen(other);
  other.enterRoom(ticket('me2'), scene);
  await world.pass(50);
  other.exitRoom();
  await world.pass(500);
  expect(only(theirs, 'onExitRoom')).toHaveLength(1);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(world.left).toContain('audio track');
  cloud.destroy();
  expect(() => other.destroy()).toThrow();
  await world.pass(500);
  expect(world.left).toEqual([]);
});

test('E1 E10: beforeunload leaves nothing; pagehide says goodbye on the open socket at once', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  world.page.dispatchEvent(new Event('beforeunload'));
  await world.pass(500);
  expect(world.server.present).toBe(1);
  world.page.dispatchEvent(new Event('pagehide'));
  expect(FakeTrack.all.filter((track) => track.readyState === 'live')).toEqual([]);
  await world.pass(10);
  expect(world.server.said('exit')).toHaveLength(1);
  // E4: a page that comes back from the cache learns that it is out.
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.anything()]]);
  expect(world.left).toEqual([]);
});
