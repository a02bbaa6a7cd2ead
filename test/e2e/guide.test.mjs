// The guide, statement by statement (S1 to S12), with real pages, two and five of them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Opens a page for each user, and lets all of them enter and publish. */
async function call(t, room, ...users) {
  const members = await stage.members(t, ...users);
  for (const member of members) {
    await member.enter({ room });
    await member.publish();
  }
  return members;
}

test('S1 an app with devices enters a room first; picture and sound arrive at two pages', async (t) => {
  const [ann, ben] = await call(t, stage.room(), 'ann', 'ben');
  const [result] = (await ann.heard('onEnterRoom')).args;
  assert.ok(result >= 1, `onEnterRoom says ${result}, which is no number of milliseconds`);
  await Promise.all([ann.receives('ben'), ben.receives('ann')]);
});

test('S1 picture and sound of everybody arrive at each of five pages', async (t) => {
  const users = ['ann', 'ben', 'cid', 'dot', 'eve'];
  const members = await call(t, stage.room(), ...users);
  await Promise.all(members.map((member) => member.receives(...users.filter((user) => user !== member.user))));
  await members[0].exit();
  await Promise.all(members.slice(1).map((member) => member.heard('onRemoteUserLeaveRoom', 'ann', 0)));
  // The survivors are not touched by it (B12).
  await members[1].moves('cid');
  await members[4].moves('ben');
});

test('S2 S3 S12 exitRoom leaves of the own accord, and onExitRoom says 0', async (t) => {
  const [ann] = await call(t, stage.room(), 'ann');
  await ann.exit();
  const { args } = await ann.heard('onExitRoom');
  assert.equal(args[0], 0);
  assert.equal(args[1].code, 'left');
});

for (const page of ['guide-import', 'guide-electron']) {
  test(`S2 S12 the guide's own lines run unmodified (${page})`, async (t) => {
    const ann = await stage.member(t, 'ann', page);
    await ann.page.evaluate((wish) => window.begin(wish), ann.wish({ room: stage.room() }));
    await ann.until(() => window.entries[0] > 0);
    await ann.page.evaluate(() => window.depart());
    await ann.until(() => window.exits.length === 1);
    assert.equal(await ann.page.evaluate(() => window.exits[0].reason), 0);
  });
}

test('S4 everybody else is told at once', async (t) => {
  const [ann, ben, cid] = await call(t, stage.room(), 'ann', 'ben', 'cid');
  await Promise.all([ben.heard('onUserVideoAvailable', 'ann', 1), cid.heard('onUserVideoAvailable', 'ann', 1)]);
  await ann.exit();
  await Promise.all([ben, cid].map((other) => other.heard('onRemoteUserLeaveRoom', 'ann', 0)));
});

test('S5 camera and microphone are off, and the right to use them is given back', async (t) => {
  const [ann] = await call(t, stage.room(), 'ann');
  await ann.until(() => window.ledger.live('video') >= 1 && window.ledger.live('audio') >= 1);
  await ann.exit();
  const { open } = await ann.heard('onExitRoom');
  assert.deepEqual(open, []);
});

test('S6 the instance is released after onExitRoom, and a new one enters', async (t) => {
  const room = stage.room();
  const [ann] = await call(t, room, 'ann');
  await ann.exit();
  await ann.heard('onExitRoom', 0);
  await ann.page.evaluate(() => {
    window.room.cloud.destroy();
    window.room.TRTCCloud.destroyTRTCShareInstance();
    window.room.log.length = 0;
    window.room.cloud = window.room.listen(new window.room.TRTCCloud(), 'second');
  });
  await ann.enter({ room });
});

for (const [id, name, room] of [
  ['S7 S8', 'RemoveUser', 4001],
  ['S9', 'RemoveUserByStrRoomId', 'lesson 1'],
]) {
  test(`${id} ${name} gives the removed onExitRoom(1), the others a leave with 2`, async (t) => {
    const [ann, ben] = await call(t, room, 'ann', 'ben');
    await ben.heard('onUserVideoAvailable', 'ann', 1);
    const answer = await stage.control(name, { RoomId: room, UserIds: ['ann'], Reason: 'spam' });
    assert.ok(answer.RequestId && !answer.Error, JSON.stringify(answer));
    const { args, open } = await ann.heard('onExitRoom');
    assert.equal(args[0], 1);
    assert.equal(args[1].code, 'removed');
    assert.equal(args[1].text, 'spam');
    assert.deepEqual(open, []);
    await ben.heard('onRemoteUserLeaveRoom', 'ann', 2);
    assert.deepEqual(await ben.log('onExitRoom'), []);
    await ann.forget();
    await ann.enter({ room }); // Nothing bans the removed.
  });
}

for (const [id, name, room] of [
  ['S10', 'DismissRoom', 4002],
  ['S11', 'DismissRoomByStrRoomId', 'lesson 2'],
]) {
  test(`${id} ${name} gives everybody onExitRoom(2), and nobody a leave`, async (t) => {
    const members = await call(t, room, 'ann', 'ben', 'cid');
    const answer = await stage.control(name, { RoomId: room });
    assert.ok(answer.RequestId && !answer.Error, JSON.stringify(answer));
    for (const member of members) {
      const { args, open } = await member.heard('onExitRoom');
      assert.equal(args[0], 2);
      assert.equal(args[1].code, 'dismissed');
      assert.deepEqual(open, []);
      assert.deepEqual(await member.log('onRemoteUserLeaveRoom'), []);
    }
    // Said by somebody else: the very same call within its second is the same call, and gets the same answer.
    const again = await stage.control(name, { RoomId: room, Operator: 'ben' });
    assert.equal(again.Error.Code, 'FailedOperation.RoomNotExist');
  });
}

test('S8 a number does not reach the string room of the same name', async (t) => {
  const [ann] = await call(t, '4003', 'ann');
  const answer = await stage.control('RemoveUser', { RoomId: 4003, UserIds: ['ann'] });
  assert.equal(answer.Error.Code, 'FailedOperation.RoomNotExist');
  assert.deepEqual(await ann.log('onExitRoom'), []);
});
