import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
  world.server.members = [{ userId: 'anna' }, { userId: 'ben' }];
});
afterEach(() => world.close());

const data = new Uint8Array();

/** Says a message of somebody, with its number among the reliable ones. */
function say(userId: string, cmdId: number, reliable: number): void {
  world.server.tell({ case: 'messageReceived', value: { userId, cmdId, seq: 1, data, reliable } });
}

test('reliable messages that did not arrive are told within five seconds, together', async () => {
  world.server.policy = { said: [{ userId: 'anna', cmdId: 1, reliable: 4 }] };
  const { heard } = await enter(world);
  for (const number of [5, 6, 9, 11]) say('anna', 1, number);
  say('anna', 2, 3);
  say('ben', 1, 1);
  await world.pass(4000);
  expect(only(heard, 'onRecvCustomCmdMsg')).toHaveLength(6);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
  await world.pass(1100);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([
    ['anna', 1, -1, 3],
    ['anna', 2, -1, 2],
  ]);
  await world.pass(20_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toHaveLength(2);
});

test('nothing was missed of messages that may be lost, nor of those from before the entry', async () => {
  world.server.policy = { said: [{ userId: 'anna', cmdId: 1, reliable: 4 }] };
  const { heard } = await enter(world);
  for (const number of [0, 0, 5, 0]) say('anna', 1, number);
  // A silent listener of a live room is not on the list, and what he sent before is not known.
  say('unseen', 1, 7);
  say('unseen', 1, 8);
  await world.pass(20_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
});

test('what was sent while the connection was lost is told after the return, also when nothing follows', async () => {
  const { heard } = await enter(world);
  say('anna', 1, 1);
  await world.pass(50);
  world.server.cut();
  world.server.resumed = {
    media: true,
    rights: 255,
    said: [
      { userId: 'anna', cmdId: 1, reliable: 3 },
      { userId: 'ben', cmdId: 10, reliable: 2 },
    ],
  };
  await world.pass(1000);
  // By its number it shows what was missed, too; nothing is told twice.
  say('anna', 1, 4);
  await world.pass(5100);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([
    ['anna', 1, -1, 2],
    ['ben', 10, -1, 2],
  ]);
});

test('who left and came back counts from one again', async () => {
  const { heard } = await enter(world);
  say('anna', 1, 1);
  say('anna', 1, 3);
  await world.pass(50);
  world.server.cut();
  world.server.tell({ case: 'memberLeft', value: { userId: 'anna', reason: 0 } }, 8n);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } }, 9n);
  const said = [{ userId: 'anna', cmdId: 1, reliable: 2 }];
  world.server.resumed = { media: true, rights: 255, seq: 9n, said };
  await world.pass(1000);
  say('anna', 1, 3);
  await world.pass(10_000);
  // One of her first stay, which is told when she leaves it, and the two of her second that nobody heard.
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([
    ['anna', 1, -1, 1],
    ['anna', 1, -1, 2],
  ]);
});

test('a server that counts anew has not lost anything', async () => {
  const { heard } = await enter(world);
  for (const number of [1, 2, 1, 2, 3]) say('anna', 1, number);
  await world.pass(10_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
});

test('nothing is told after the exit', async () => {
  const { cloud, heard } = await enter(world);
  say('anna', 1, 9);
  await world.pass(100);
  await Promise.all([cloud.exitRoom(), world.pass(10_000)]);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
  expect(world.left).toEqual([]);
});

test('where the browser hands out no pictures, sendSEIMsg is false, says so once, and uses up no limit', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(100);
  for (let i = 0; i < 40; i++) expect(cloud.sendSEIMsg(new Uint8Array([1]), 1)).toBe(false);
  await world.pass(100);
  const lines = vi.mocked(console.warn).mock.calls.filter(([line]) => String(line).includes('sendSEIMsg'));
  expect(lines).toHaveLength(1);
  expect(cloud.sendCustomCmdMsg(1, 'x', true, true)).toBe(true);
  expect(() => cloud.sendSEIMsg('text' as never, 1)).toThrow(TypeError);
});
