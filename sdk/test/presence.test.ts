import { afterEach, beforeEach, expect, test } from 'vitest';
import { TRTCAppScene, TRTCRoleType } from '../src/index';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const anna = { userId: 'anna', streams: [] };
const presence = (unstable: boolean) =>
  ({
    case: 'memberPresence',
    value: { userId: 'anna', unstable, cause: unstable ? 'silence' : '', goneInMs: unstable ? 8000 : 0 },
  }) as const;

test('A1: the page beats each second, with the highest place in the order that it heard', async () => {
  await enter(world);
  await world.pass(1000);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } }, 12n);
  await world.pass(2000);
  const beats = world.server.said('heartbeat');
  expect(beats.map(({ n }) => n)).toEqual([1, 2, 3]);
  expect(beats.map(({ seq }) => seq)).toEqual([0n, 12n, 12n]);
  expect(beats.map(({ nextMs }) => nextMs)).toEqual([0, 0, 0]);
});

test('a slower room is beaten for at its own pace', async () => {
  world.server.heartbeatMs = 5000;
  const { heard } = await enter(world);
  await world.pass(26_000);
  expect(world.server.said('heartbeat')).toHaveLength(5);
  expect(only(heard, 'onConnectionLost')).toEqual([]);
});

test.each([
  [700, 700],
  [1100, 1100],
  [1, 100],
  [60_000, 1250],
])('the next heartbeat comes when the server would like it, in %i ms, and never far from the pace', async (ms, gap) => {
  world.server.nextMs = ms;
  const { heard } = await enter(world);
  const beats: number[] = [];
  for (let now = 0; beats.length < 4; now += 5) {
    await world.pass(5);
    while (beats.length < world.server.said('heartbeat').length) beats.push(now);
  }
  for (const [n, beat] of beats.slice(1).entries()) {
    const late = beat - (beats[n] ?? 0) - gap; // The way there and back.
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(30);
  }
  expect(only(heard, 'onConnectionLost')).toEqual([]);
});

test('C22: an answer that comes after the exit sets no heartbeat', async () => {
  world.server.nextMs = 500;
  const { cloud } = await enter(world);
  await world.pass(1000);
  cloud.exitRoom();
  await world.pass(5000);
  expect(world.server.said('heartbeat')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('A1: somebody who is unstable is told at once, and graded as down until the signs of life are back', async () => {
  world.server.members = [anna];
  const { heard } = await enter(world);
  world.server.tell(presence(true), 5n);
  await world.pass(20);
  expect(only(heard, 'onRemoteUserPresence')).toEqual([['anna', { unstable: true, cause: 'silence', goneInMs: 8000 }]]);
  await world.pass(2000);
  expect(only(heard, 'onNetworkQuality').at(-1)?.[1]).toEqual([{ userId: 'anna', quality: 6 }]);
  world.server.tell(presence(false), 6n);
  await world.pass(2000);
  expect(only(heard, 'onRemoteUserPresence').at(-1)).toEqual(['anna', { unstable: false, cause: '', goneInMs: 0 }]);
  expect(only(heard, 'onNetworkQuality').at(-1)?.[1]).toEqual([]);
  expect(only(heard, 'onRemoteUserLeaveRoom')).toEqual([]);
});

test('one’s own network is graded as down while the connection is lost', async () => {
  const { heard } = await enter(world);
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(2500);
  expect(only(heard, 'onNetworkQuality').at(-1)?.[0]).toMatchObject({ quality: 6 });
});

test('a newcomer hears who is unstable already', async () => {
  world.server.members = [{ ...anna, unstable: true }];
  const { heard } = await enter(world);
  expect(only(heard, 'onRemoteUserPresence')).toEqual([['anna', { unstable: true, cause: '', goneInMs: 0 }]]);
});

test('F11 F12: a right that is taken away ends its stream here too, and one that is given back begins it', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(300);
  const sent = FakePeer.all[0]?.lines[0]?.sent ?? [];
  world.server.tell({ case: 'rightsChanged', value: { rights: 255 - 4, audioBlocked: true } });
  await world.pass(20);
  expect(only(heard, 'onRightsChanged')).toEqual([[{ rights: 251, audioBlocked: true, videoBlocked: false }]]);
  expect(sent.at(-1)).toBeNull();
  expect(world.server.said('unpublish')).toMatchObject([{ stream: Stream.AUDIO }]);
  world.server.tell({ case: 'rightsChanged', value: { rights: 255 } });
  await world.pass(20);
  expect(sent.at(-1)).not.toBeNull();
  expect(world.server.said('publish')).toHaveLength(2);
});

test('role and rights of a return are adopted', async () => {
  const { cloud, heard } = await enter(world, TRTCAppScene.TRTCAppSceneLIVE);
  cloud.startLocalAudio();
  await world.pass(300);
  world.server.resumed = { media: true, rights: 255, role: TRTCRoleType.TRTCRoleAudience };
  world.server.cut();
  await world.pass(1000);
  expect(only(heard, 'onSwitchRole')).toEqual([[0, '']]);
  expect(world.server.said('unpublish').at(-1)).toMatchObject({ stream: Stream.AUDIO });
});

test('a role or a permit that is asked for while the connection is lost is asked for when it is back', async () => {
  const { cloud, heard } = await enter(world, TRTCAppScene.TRTCAppSceneLIVE);
  world.server.cut();
  cloud.switchRole(TRTCRoleType.TRTCRoleAudience);
  cloud.callExperimentalAPI(JSON.stringify({ api: 'updatePrivateMapKey', params: { privateMapKey: 'newer' } }));
  await world.pass(1000);
  expect(world.server.said('switchRole')).toMatchObject([{ role: 21 }]);
  expect(world.server.said('updatePermit')).toMatchObject([{ privateMapKey: 'newer' }]);
  expect(only(heard, 'onSwitchRole')).toHaveLength(1);
  world.server.cut();
  await world.pass(1000);
  expect(world.server.said('updatePermit')).toHaveLength(1);
});

test.each([
  ['no call at all', -2],
  ['{"api": "setFramework"}', -4],
  ['{"api": "updatePrivateMapKey", "params": {}}', -2],
  ['{"api": "updatePrivateMapKey", "params": {"privateMapKey": 7}}', -2],
])('callExperimentalAPI(%s) changes nothing, and says so', async (json, code) => {
  const { cloud, heard } = await enter(world);
  cloud.callExperimentalAPI(json);
  await world.pass(50);
  expect(only(heard, 'onError')).toEqual([[code, expect.any(String)]]);
  expect(world.server.said('updatePermit')).toEqual([]);
});

test('callExperimentalAPI outside a room says so', async () => {
  const { cloud, heard } = await enter(world);
  cloud.exitRoom();
  await world.pass(500);
  cloud.callExperimentalAPI(JSON.stringify({ api: 'updatePrivateMapKey', params: { privateMapKey: 'newer' } }));
  await world.pass(50);
  expect(only(heard, 'onError')).toEqual([[-1, 'updatePrivateMapKey: not in a room']]);
});

test('G4: whose leaving ends the room is told at the entry, and when it changes', async () => {
  world.server.policy = { host: 'anna' };
  const { heard } = await enter(world);
  world.server.tell({ case: 'hostChanged', value: { userId: 'ben' } }, 3n);
  await world.pass(20);
  world.server.cut();
  world.server.resumed = { media: true, rights: 255, host: 'ben' };
  await world.pass(1000);
  expect(only(heard, 'onRoomHostChanged')).toEqual([['anna'], ['ben']]);
});

test('E8: a microphone that another app takes for a while is no reason to leave', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(300);
  const track = FakePeer.all[0]?.lines[0]?.sent.at(-1);
  track?.dispatchEvent(new Event('mute'));
  await world.pass(5000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(world.server.present).toBe(1);
});
