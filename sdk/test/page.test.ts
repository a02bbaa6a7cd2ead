import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakePeer, FakeTrack } from './fakeBrowser';
import { enter, type Heard, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const fire = (name: string, more = {}) => world.page.dispatchEvent(Object.assign(new Event(name), more));
const sent = () => FakePeer.all[0]?.lines[0]?.sent.at(-1);

const news = (heard: Heard[]) => heard.filter(([event]) => event !== 'onNetworkQuality');

async function speak() {
  const entered = await enter(world);
  entered.cloud.startLocalAudio();
  await world.pass(500);
  entered.heard.length = 0;
  return entered;
}

/** The wall clock goes on while the machine sleeps, and the page's own may not. */
async function doze(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  await world.pass(1100);
}

test('E1: neither beforeunload nor hiding the page leaves the room', async () => {
  const { heard } = await speak();
  fire('beforeunload');
  vi.stubGlobal('document', { visibilityState: 'hidden' });
  fire('visibilitychange');
  await world.pass(5000);
  expect(news(heard)).toEqual([]);
  expect(world.server.said('exit')).toEqual([]);
  expect(world.server.present).toBe(1);
});

test('C9 E10: a page or a frame that is destroyed says goodbye on its open socket, devices off', async () => {
  const { heard } = await speak();
  fire('pagehide', { persisted: false });
  expect(FakeTrack.all.filter(({ readyState }) => readyState === 'live')).toEqual([]);
  await world.pass(500);
  expect(world.server.said('exit')).toHaveLength(1);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.anything()]]);
  expect(world.left).toEqual([]);
});

test('E4: a page with media that is put away leaves: no browser keeps it, whatever it says', async () => {
  const { heard } = await speak();
  fire('pagehide', { persisted: true });
  expect(FakeTrack.all.filter(({ readyState }) => readyState === 'live')).toEqual([]);
  await world.pass(10);
  expect(world.server.said('exit')).toHaveLength(1);
  expect(world.server.present).toBe(0);
  // A browser that kept it all the same finds an application that knows.
  await world.pass(500);
  fire('pageshow', { persisted: true });
  await world.pass(60_000);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left' })]]);
  expect(world.server.sockets).toHaveLength(1);
  expect(world.left).toEqual([]);
});

async function onlyListen() {
  vi.stubGlobal('RTCPeerConnection', undefined);
  const entered = await enter(world);
  entered.heard.length = 0;
  return entered;
}

test('E4: a page without media that is put away keeps nobody waiting, and does nothing', async () => {
  await onlyListen();
  fire('pagehide', { persisted: true });
  await world.pass(600);
  expect(world.server.present).toBe(0);
  expect(world.server.said('exit')).toEqual([]);
  await world.pass(30_000);
  expect(world.server.sockets).toHaveLength(1);
});

test('E4: a page that comes back soon goes on with its stay', async () => {
  const { heard } = await onlyListen();
  fire('pagehide', { persisted: true });
  await world.pass(300);
  fire('pageshow', { persisted: true });
  await world.pass(100);
  expect(heard.map(([event]) => event)).toEqual(['onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery']);
  expect(world.server.said('resume')).toHaveLength(1);
});

test('E4: a page that comes back later learns that it is out', async () => {
  const { heard } = await onlyListen();
  fire('pagehide', { persisted: true });
  await doze(3_600_000);
  fire('pageshow', { persisted: true });
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toEqual([[3, expect.objectContaining({ code: 'timed_out' })]]);
  expect(only(heard, 'onConnectionRecovery')).toEqual([]);
  expect(world.left).toEqual([]);
});

test('E4: an entry whose page is put away goes on when the page is back', async () => {
  world.server.mood = 'silent';
  const { heard } = await onlyListen();
  fire('pagehide', { persisted: true });
  await world.pass(2000);
  world.server.mood = 'open';
  fire('pageshow', { persisted: true });
  await world.pass(100);
  expect(only(heard, 'onEnterRoom')).toEqual([[expect.any(Number)]]);
});

test.each(['freeze', 'pagehide'])('D2: exitRoom wins while the page is away after %s', async (event) => {
  const { cloud, heard } = await onlyListen();
  fire(event, { persisted: true });
  await world.pass(200);
  cloud.exitRoom();
  fire('pageshow', { persisted: true });
  fire('resume');
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left' })]]);
  expect(world.left).toEqual([]);
});

test('E5: a frozen page sends nothing; when it is thawed in time it asks at once, and goes on', async () => {
  const { heard } = await speak();
  fire('freeze');
  expect(sent()).toBeNull();
  const beats = world.server.said('heartbeat').length;
  // A worker's alarms still ring in a page that is frozen: they prove nothing (A3).
  await world.pass(5000);
  fire('visibilitychange');
  expect(world.server.said('heartbeat').length).toBe(beats);
  fire('resume');
  await world.pass(20);
  expect(world.server.said('heartbeat').length).toBe(beats + 1);
  expect(sent()).not.toBeNull();
  expect(news(heard)).toEqual([]);
});

test('E7: a machine that slept for less than gone goes on without a word', async () => {
  const { heard } = await speak();
  await doze(6000);
  await world.pass(3000);
  expect(news(heard)).toEqual([]);
  expect(world.server.sockets).toHaveLength(1);
});

test('E7: after a longer sleep nothing is sent until the server has said that the stay goes on', async () => {
  const { heard } = await speak();
  world.server.mood = 'hanging';
  await doze(3_600_000);
  expect(sent()).toBeNull();
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  world.server.mood = 'open';
  await world.pass(4000);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
  expect(sent()).not.toBeNull();
});

test('E7: after a longer sleep the server may say that the stay is over', async () => {
  const { cloud, heard } = await speak();
  cloud.startLocalPreview(null);
  world.server.mood = 'hanging';
  await doze(3_600_000);
  const out = { case: 'exited', value: { reason: 3, detail: { code: 'timed_out' } } } as const;
  world.server.lastWord = out;
  world.server.mood = 'open';
  await world.pass(4000);
  expect(only(heard, 'onExitRoom')).toEqual([[3, expect.objectContaining({ code: 'timed_out' })]]);
  expect(world.left).toEqual([]);
});

test('E11: a network that is there again is tried at once', async () => {
  const { heard } = await speak();
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(6000);
  world.server.mood = 'open';
  fire('online');
  await world.pass(30);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('E6: a page without a worker promises the next heartbeat when it goes out of sight', async () => {
  await speak();
  const shown = { visibilityState: 'hidden' };
  vi.stubGlobal('document', shown);
  fire('visibilitychange');
  await world.pass(20);
  expect(world.server.said('heartbeat').at(-1)).toMatchObject({ nextMs: 65_000 });
  shown.visibilityState = 'visible';
  fire('visibilitychange');
  await world.pass(20);
  expect(world.server.said('heartbeat').at(-1)).toMatchObject({ nextMs: 0 });
});

test('E6: timers that ring once a minute lose no connection that was promised a minute', async () => {
  const { heard } = await speak();
  vi.stubGlobal('document', { visibilityState: 'hidden' });
  fire('visibilitychange');
  for (let minute = 0; minute < 6; minute++) await doze(60_000);
  expect(heard.filter(([event]) => event.startsWith('onConnection'))).toEqual([]);
  expect(sent()).not.toBeNull();
  expect(world.server.sockets).toHaveLength(1);
});
