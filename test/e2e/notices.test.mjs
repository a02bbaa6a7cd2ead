// Who is told of whom, in which order, and at which price.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

const [anchor, audience] = [20, 21];

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** What a member has heard about a user: +user for an enter, -user(reason) for a leave. */
async function about(member, ...users) {
  const log = await member.log('onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom');
  return log
    .filter((e) => users.includes(e.args[0]))
    .map((e) => (e.name === 'onRemoteUserEnterRoom' ? `+${e.args[0]}` : `-${e.args[0]}(${e.args[1]})`));
}

for (const [scene, name, live] of [
  [0, 'video call', false],
  [1, 'live', true],
  [2, 'audio call', false],
  [3, 'voice chat room', true],
]) {
  test(`${name} (scene ${scene}): all hear of anchors, and ${live ? 'nobody' : 'all'} of the audience`, async (t) => {
    const room = stage.room();
    const [amy, bob, wes, eva, zoe] = await stage.members(t, 'amy', 'bob', 'wes', 'eva', 'zoe');
    await wes.enter({ room, scene, role: anchor });
    await eva.enter({ room, scene, role: audience });
    await amy.enter({ room, scene, role: anchor });
    await bob.enter({ room, scene, role: audience });
    await amy.exit();
    await bob.heard('onRemoteUserLeaveRoom', 'amy', 0);
    await bob.exit();
    await bob.heard('onExitRoom', 0);
    // zoe comes last: whoever has heard of zoe has heard all that there was before.
    await zoe.enter({ room, scene, role: anchor });
    const expected = live ? ['+amy', '-amy(0)'] : ['+amy', '+bob', '-amy(0)', '-bob(0)'];
    for (const watcher of [wes, eva]) {
      await watcher.heard('onRemoteUserEnterRoom', 'zoe');
      assert.deepEqual(await about(watcher, 'amy', 'bob'), expected, watcher.user);
    }
    // A newcomer hears of everybody visible.
    assert.deepEqual(await about(bob, 'wes', 'eva', 'amy').then((heard) => heard.slice(0, 3)), [
      '+wes',
      ...(live ? ['+amy', '-amy(0)'] : ['+eva', '+amy']),
    ]);
  });
}

test('an anchor that turns audience leaves with 3, and comes back as an anchor', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  for (const member of [wes, ann]) await member.enter({ room, scene: 1, role: anchor });
  await ann.publish();
  await wes.heard('onUserVideoAvailable', 'ann', 1);
  await ann.page.evaluate((role) => window.room.cloud.switchRole(role), audience);
  await ann.heard('onSwitchRole', 0);
  await wes.heard('onUserVideoAvailable', 'ann', 0);
  await wes.heard('onRemoteUserLeaveRoom', 'ann', 3);
  await wes.forget();
  await ann.page.evaluate((role) => window.room.cloud.switchRole(role), anchor);
  await wes.heard('onRemoteUserEnterRoom', 'ann');
});

test('at a leave: picture, screen, sound unavailable, then the leave, then the deprecated onUserExit', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await ann.publish();
  await ann.page.evaluate(() => window.room.cloud.startScreenCapture(null, 2, null));
  for (const name of ['Video', 'SubStream', 'Audio']) await wes.heard(`onUser${name}Available`, 'ann', 1);
  await wes.forget();
  await ann.exit();
  await wes.heard('onUserExit', 'ann', 0);
  assert.deepEqual(
    (await wes.log()).filter((e) => e.args[0] === 'ann').map((e) => [e.name, e.args[1]]),
    [
      ['onUserVideoAvailable', 0],
      ['onUserSubStreamAvailable', 0],
      ['onUserAudioAvailable', 0],
      ['onRemoteUserLeaveRoom', 0],
      ['onUserExit', 0],
    ],
  );
});

test('muting is availability, and no leave (B4)', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await ann.publish();
  await wes.heard('onUserAudioAvailable', 'ann', 1);
  await ann.page.evaluate(() => window.room.cloud.muteLocalAudio(true));
  await wes.heard('onUserAudioAvailable', 'ann', 0);
  await ann.page.evaluate(() => window.room.cloud.stopLocalPreview());
  await wes.heard('onUserVideoAvailable', 'ann', 0);
  await ann.exit();
  await wes.heard('onRemoteUserLeaveRoom', 'ann', 0);
  assert.deepEqual(await about(wes, 'ann'), ['+ann', '-ann(0)']);
});

test('twenty leaves cause no SDP exchange at those who stay', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await wes.publish();
  const exchanges = () => wes.page.evaluate(() => window.ledger.remoteDescriptions);
  const atFirst = await exchanges();
  for (let i = 0; i < 20; i++) {
    await ann.forget();
    await wes.forget();
    await ann.enter({ room });
    await ann.publish();
    await wes.heard('onUserVideoAvailable', 'ann', 1);
    await wes.page.evaluate(() => window.room.watch('ann'));
    if (i % 10 === 9) await wes.moves('ann');
    await ann.exit();
    await wes.heard('onRemoteUserLeaveRoom', 'ann', 0);
    await ann.heard('onExitRoom', 0);
  }
  assert.equal(await exchanges(), atFirst);
});
