// Custom messages over data channels, sendCustomCmdMsg: in order, once each, also while the signalling is cut, and over
// the socket where there are no channels.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProxy } from './harness/proxy.mjs';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Sends messages of command 3, and says whether all went out. */
const say = (member, reliable, ...texts) =>
  member.page.evaluate(
    ([r, all]) => all.every((text) => window.room.cloud.sendCustomCmdMsg(3, text, r, r)),
    [reliable, texts],
  );

/** What a member was told, in order. */
const told = async (member) => (await member.log('onRecvCustomCmdMsg')).map(({ args }) => args[3]);

const channels = (member) => member.page.evaluate(() => window.ledger.channels());

/** Waits until the reliable channels of two bring what one says to the other, and then forgets what was said for it. */
async function opened(speaker, listener) {
  for (const member of [speaker, listener]) {
    await member.until(async () => {
      const { lossy, reliable } = await window.ledger.channels();
      return lossy?.state === 'open' && reliable?.state === 'open';
    });
  }
  for (let n = 0; n < 50; n++) {
    assert.ok(await say(speaker, true, `probe ${n}`));
    await listener.heard('onRecvCustomCmdMsg', speaker.user, 3, n + 1, `probe ${n}`);
    if ((await channels(listener)).reliable.received > 0) break;
    for (let i = 0; i < 3; i++) await listener.page.evaluate(() => window.ledger.moment());
  }
  assert.ok((await channels(listener)).reliable.received > 0, 'the reliable channel brings nothing');
  await listener.forget();
}

/** Makes a page one of a browser without data channels. */
const withoutChannels = (member) =>
  member.page.evaluate(() => {
    RTCPeerConnection.prototype.createDataChannel = undefined;
  });

test('two pages talk over their channels, and who has none hears and says the same over the socket', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  await withoutChannels(cid);
  for (const member of [ann, ben, cid]) await member.enter({ room });
  await opened(ann, ben);
  await cid.forget();
  const before = await channels(ann);
  const texts = Array.from({ length: 12 }, (_, n) => `${n} ${'é'.repeat(n * 40)}`);
  assert.ok(await say(ann, true, ...texts));
  for (const member of [ben, cid]) {
    await member.until((n) => window.room.log.filter((e) => e.name === 'onRecvCustomCmdMsg').length >= n, texts.length);
    assert.deepEqual(await told(member), texts);
    await member.forget();
  }
  assert.ok(await say(ann, false, 'perhaps'));
  assert.ok(await say(cid, false, 'from cid'));
  for (const text of ['perhaps', 'from cid']) {
    await ben.until((x) => window.room.log.some((e) => e.name === 'onRecvCustomCmdMsg' && e.args[3] === x), text);
  }
  await cid.until(() => window.room.log.some((e) => e.args[3] === 'perhaps'));
  const [of, to, none] = await Promise.all([ann, ben, cid].map(channels));
  assert.equal(of.lossy.sent, 1, 'what may be lost went out over the channel');
  assert.equal(of.reliable.sent - before.reliable.sent, texts.length, 'what may not went out over the other');
  assert.ok(of.reliable.received - before.reliable.received >= texts.length, 'and was acknowledged there');
  assert.ok(to.reliable.received >= texts.length, `the channel brought ${to.reliable.received}`);
  assert.equal(to.lossy.received, 2);
  assert.deepEqual(none, {});
  for (const member of [ann, ben, cid]) assert.deepEqual(await member.log('onMissCustomCmdMsg', 'onError'), []);
});

test('while the signalling is cut messages arrive, and after the return they go on, once each', async (t) => {
  const room = stage.room();
  const way = await openProxy(stage.server);
  t.after(() => way.close());
  const ann = await stage.member(t, 'ann', 'room', way);
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await opened(wes, ann);
  way.cut();
  await ann.heard('onConnectionLost');
  assert.ok(await say(wes, true, 'one', 'two'));
  await ann.until(() => window.room.log.filter((e) => e.name === 'onRecvCustomCmdMsg').length >= 2);
  assert.deepEqual(await told(ann), ['one', 'two']);
  assert.ok(await say(ann, true, 'from ann'));
  await wes.heard('onRecvCustomCmdMsg', 'ann', 3, 1, 'from ann');
  assert.deepEqual(await ann.log('onConnectionRecovery'), []);
  assert.ok(await say(wes, false, 'perhaps'));
  await ann.until(() => window.room.log.some((e) => e.args[3] === 'perhaps'));
  way.heal();
  await ann.heard('onConnectionRecovery');
  assert.ok(await say(wes, true, 'three', 'four'));
  await ann.until(() => window.room.log.some((e) => e.args[3] === 'four'));
  assert.deepEqual(await told(ann), ['one', 'two', 'perhaps', 'three', 'four']);
  // It would be told five seconds after the return.
  await ann.until((at) => performance.now() > at, await ann.page.evaluate(() => performance.now() + 5500));
  assert.deepEqual(await ann.log('onMissCustomCmdMsg'), []);
  assert.deepEqual(await told(wes), ['from ann']);
});

test('after the exit nothing is told, nothing is open, and a message said just before it arrives', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  for (const member of [ann, ben, cid]) await member.enter({ room });
  await opened(ann, ben);
  await cid.forget();
  await ben.page.evaluate(() => {
    window.room.cloud.sendCustomCmdMsg(1, 'bye', true, true);
    void window.room.cloud.exitRoom();
  });
  await ben.heard('onExitRoom');
  await ben.forget();
  await cid.until(() => window.room.log.some((e) => e.name === 'onRecvCustomCmdMsg' && e.args[3] === 'bye'));
  await cid.heard('onRemoteUserLeaveRoom', 'ben');
  assert.ok(await say(ann, true, 'still here?'));
  assert.ok(await say(ann, false, 'still here?'));
  await cid.until(() => window.room.log.filter((e) => e.args[3] === 'still here?').length === 2);
  assert.deepEqual(await ben.log('onRecvCustomCmdMsg'), []);
  assert.deepEqual(await ben.page.evaluate(() => window.ledger.open()), []);
});

test('the removed hears nothing more over his channel', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  for (const member of [ann, ben, cid]) await member.enter({ room });
  await opened(ann, ben);
  await stage.control('RemoveUser', { RoomId: room, UserIds: ['ben'] });
  assert.ok(await say(ann, true, 'after'));
  await cid.until(() => window.room.log.some((e) => e.args[3] === 'after'));
  await ben.heard('onExitRoom');
  assert.deepEqual(await told(ben), []);
});
