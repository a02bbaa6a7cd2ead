// Signalling breaks, stalls, or the server restarts: the stay goes on, and what happened meanwhile is told.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { control } from './harness/credentials.mjs';
import { openProxy } from './harness/proxy.mjs';
import { startServer } from './harness/server.mjs';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Ann, behind a way that can break, and wes, who sees her. Her page runs `first` before she enters. */
async function meet(t, first = () => undefined) {
  const room = stage.room();
  const way = await openProxy(stage.server);
  t.after(() => way.close());
  const ann = await stage.member(t, 'ann', 'room', way);
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  await ann.page.evaluate(first);
  await ann.enter({ room });
  await ann.publish();
  await wes.receives('ann');
  return { room, way, ann, wes };
}

const staysIn = async (room, server = stage.server) => {
  const { Room } = await control(server, 'DescribeRoom', { RoomId: room });
  return Room.Members.map((member) => `${member.UserId} ${member.SessionId}`).sort();
};

const tries = (ann, n) =>
  ann.until((least) => window.room.log.filter((e) => e.name === 'onTryToReconnect').length >= least, n);

test('B2 D11 a cut of three seconds: lost, trying, recovered, and nobody is told of an exit', async (t) => {
  const { room, way, ann, wes } = await meet(t);
  const stays = await staysIn(room);
  way.cut();
  await ann.heard('onConnectionLost');
  await wes.until(() => window.room.log.some((e) => e.name === 'onRemoteUserPresence' && e.args[1].unstable));
  // By default the first try is told at once and the next after three seconds.
  await tries(ann, 2);
  await wes.moves('ann');
  way.heal();
  await ann.heard('onConnectionRecovery');
  await wes.until(() => window.room.log.some((e) => e.name === 'onRemoteUserPresence' && !e.args[1].unstable));
  await wes.moves('ann');
  assert.deepEqual(await staysIn(room), stays);
  const told = (await ann.log('onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery')).map((e) => e.name);
  assert.equal(told[0], 'onConnectionLost');
  assert.equal(told[1], 'onTryToReconnect');
  assert.equal(told.at(-1), 'onConnectionRecovery');
  assert.deepEqual(await ann.log('onExitRoom', 'onError'), []);
  assert.deepEqual(await wes.log('onRemoteUserLeaveRoom'), []);
});

test('reliable messages that were sent during the cut are told as missed where there is no data channel', async (t) => {
  const { way, ann, wes } = await meet(t, () => {
    RTCPeerConnection.prototype.createDataChannel = undefined;
  });
  const says = (text, reliable) =>
    wes.page.evaluate(([m, r]) => window.room.cloud.sendCustomCmdMsg(3, m, r, r), [text, reliable]);
  assert.ok(await says('before', true));
  await ann.heard('onRecvCustomCmdMsg', 'wes', 3, 1, 'before');
  way.cut();
  await ann.heard('onConnectionLost');
  for (const [text, reliable] of [
    ['missed', true],
    ['missed, too', true],
    ['of no weight', false],
  ]) {
    assert.ok(await says(text, reliable));
  }
  way.heal();
  await ann.heard('onConnectionRecovery');
  assert.deepEqual((await ann.heard('onMissCustomCmdMsg')).args, ['wes', 3, -1, 2]);
  assert.ok(await says('after', true));
  await ann.heard('onRecvCustomCmdMsg', 'wes', 3, 5, 'after');
  assert.equal((await ann.log('onRecvCustomCmdMsg')).length, 2);
});

test('B1 who left during the cut is told after it, once, for the true reason', async (t) => {
  const { room, way, ann } = await meet(t);
  const [cid, eve] = await stage.members(t, 'cid', 'eve');
  for (const other of [cid, eve]) {
    await other.enter({ room });
    await ann.heard('onRemoteUserEnterRoom', other.user);
  }
  way.cut();
  await ann.heard('onConnectionLost');
  await cid.exit();
  await cid.heard('onExitRoom', 0);
  await stage.control('RemoveUser', { RoomId: room, UserIds: ['eve'] });
  await eve.heard('onExitRoom', 1);
  way.heal();
  await ann.heard('onConnectionRecovery');
  await ann.heard('onRemoteUserLeaveRoom', 'cid', 0);
  await ann.heard('onRemoteUserLeaveRoom', 'eve');
  const left = await ann.log('onRemoteUserLeaveRoom');
  assert.deepEqual(
    left.map((e) => [e.args[0], e.args[2].code]),
    [
      ['cid', 'left'],
      ['eve', 'removed'],
    ],
  );
});

test('F2 F3 who is removed during a cut hears it after the cut, and stays out', async (t) => {
  const { room, way, ann, wes } = await meet(t);
  way.cut();
  await ann.heard('onConnectionLost');
  await stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'], Reason: 'spam' });
  await wes.heard('onRemoteUserLeaveRoom', 'ann');
  way.heal();
  const { args, open } = await ann.heard('onExitRoom');
  assert.deepEqual([args[0], args[1].code, args[1].text], [1, 'removed', 'spam']);
  assert.deepEqual(open, []);
  const tried = way.connections;
  await wes.exit();
  await wes.heard('onExitRoom', 0);
  assert.equal(way.connections, tried, 'it tried again');
  assert.equal((await wes.log('onRemoteUserEnterRoom')).length, 1);
  assert.equal((await ann.log('onExitRoom')).length, 1);
});

test('D2 exitRoom during a cut: at once, once, and nothing brings the stay back', async (t) => {
  const { way, ann, wes } = await meet(t);
  way.cut();
  await ann.heard('onTryToReconnect');
  const begun = await ann.page.evaluate(() => {
    window.room.cloud.exitRoom();
    return performance.timeOrigin + performance.now();
  });
  const { at, open } = await ann.heard('onExitRoom', 0);
  assert.ok(at - begun < 500, `onExitRoom came after ${at - begun} ms`);
  assert.deepEqual(open, []);
  const tried = way.connections;
  way.heal();
  await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.equal(way.connections, tried, 'it tried again');
  assert.equal((await wes.log('onRemoteUserLeaveRoom')).length, 1);
  assert.deepEqual(await ann.log('onConnectionRecovery'), []);
  assert.equal((await ann.log('onExitRoom')).length, 1);
});

test('D7 D13 who is replaced during a cut hears it after the cut, and does not fight', async (t) => {
  const { room, way, ann, wes } = await meet(t);
  way.cut();
  await ann.heard('onConnectionLost');
  const second = await stage.member(t, 'ann');
  await second.enter({ room });
  way.heal();
  const { args, open } = await ann.heard('onExitRoom');
  assert.equal(args[1].code, 'replaced');
  assert.deepEqual(open, []);
  await wes.exit();
  await second.heard('onRemoteUserLeaveRoom', 'wes', 0);
  assert.deepEqual(await second.log('onExitRoom'), []);
  assert.equal((await ann.log('onEnterRoom')).length, 1);
});

test('D9 D10 who is dismissed during a cut hears it after the cut, and opens no room anew', async (t) => {
  const { room, way, ann, wes } = await meet(t);
  way.cut();
  await ann.heard('onConnectionLost');
  await stage.control('DismissRoom', { RoomId: room });
  await wes.heard('onExitRoom', 2);
  way.heal();
  const { args, open } = await ann.heard('onExitRoom');
  assert.deepEqual([args[0], args[1].code], [2, 'dismissed']);
  assert.deepEqual(open, []);
  const { Error: problem } = await stage.control('DescribeRoom', { RoomId: room });
  assert.equal(problem.Code, 'FailedOperation.RoomNotExist');
});

test("D9 a cut that outlasts the room's patience ends the stay with its own reason", async (t) => {
  const { room, way, ann, wes } = await meet(t);
  way.cut();
  const { args, open } = await ann.heard('onExitRoom');
  assert.equal(args[1].code, 'timed_out');
  assert.deepEqual(open, []);
  const left = await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.equal(left.args[2].code, 'timed_out');
  const tried = way.connections;
  way.heal();
  assert.equal((await staysIn(room)).length, 1);
  assert.equal(way.connections, tried, 'it tried again');
});

test('D12 L5 a connection that carries nothing and does not close is given up for another one', async (t) => {
  const { room, way, ann, wes } = await meet(t);
  const stays = await staysIn(room);
  way.stall();
  await ann.heard('onConnectionLost');
  await ann.heard('onConnectionRecovery');
  await wes.moves('ann');
  assert.deepEqual(await staysIn(room), stays);
  assert.deepEqual(await ann.log('onExitRoom', 'onError'), []);
  assert.deepEqual(await wes.log('onRemoteUserLeaveRoom'), []);
});

for (const how of ['SIGKILL', 'SIGTERM']) {
  test(`J13 the server restarts after ${how}: everybody is still inside, and pictures move again`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'exeunt-e2e-'));
    const server = await startServer({ dataDir });
    t.after(async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });
    const [ann, wes] = [await stage.member(t, 'ann', 'room', server), await stage.member(t, 'wes', 'room', server)];
    await ann.enter({ room: 1 });
    await wes.enter({ room: 1 });
    await ann.publish();
    await wes.receives('ann');
    // After a while Chromium does not say any more which layer a packet is of.
    await ann.reportedOn();
    const stays = await staysIn(1, server);
    await server.restart(how);
    for (const member of [ann, wes]) {
      await member.heard('onConnectionLost');
      await member.heard('onConnectionRecovery');
    }
    await wes.moves('ann');
    // It is the picture that was there before, and not a smaller one in its place.
    await ann.encodes('h');
    await wes.moves('ann');
    assert.deepEqual(await staysIn(1, server), stays);
    for (const member of [ann, wes]) {
      assert.deepEqual(await member.log('onExitRoom', 'onError', 'onRemoteUserLeaveRoom'), []);
    }
  });
}
