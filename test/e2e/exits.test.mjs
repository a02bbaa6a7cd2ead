// exitRoom at every moment, and the ends that nobody calls.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from './harness/server.mjs';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

test('D3 exitRoom twice: one onExitRoom', async (t) => {
  const room = stage.room();
  const ann = await stage.member(t, 'ann');
  await ann.enter({ room });
  await ann.page.evaluate(() => {
    window.room.cloud.exitRoom();
    window.room.cloud.exitRoom();
  });
  await ann.heard('onExitRoom', 0);
  await ann.exit();
  await ann.forget();
  await ann.enter({ room });
  assert.deepEqual(await ann.log('onExitRoom', 'onError'), []);
});

test('D3 exitRoom without a room does nothing', async (t) => {
  const ann = await stage.member(t, 'ann');
  await ann.exit();
  await ann.enter({ room: stage.room() });
  assert.deepEqual(await ann.log('onExitRoom', 'onError'), []);
});

test('D1 exitRoom while entering: one onExitRoom, no onEnterRoom, nobody stays in the room', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.page.evaluate((wish) => {
    window.room.enter(wish);
    window.room.publish();
    window.room.cloud.exitRoom();
  }, ann.wish({ room }));
  const { open } = await ann.heard('onExitRoom', 0);
  assert.deepEqual(open, []);
  await ann.enter({ room });
  assert.equal((await ann.log('onExitRoom')).length, 1);
  assert.equal((await ann.log('onEnterRoom')).length, 1);
  await ann.exit();
  await wes.heard('onRemoteUserLeaveRoom', 'ann', 0);
});

test('C19 enterRoom right after exitRoom, 50 times', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await ann.publish();
  await wes.receives('ann');
  for (let i = 1; i <= 50; i++) {
    await ann.page.evaluate((wish) => {
      window.room.cloud.exitRoom();
      window.room.enter(wish);
      window.room.publish();
    }, ann.wish({ room }));
    await ann.until((n) => window.room.log.filter((e) => e.name === 'onEnterRoom').length === n, i + 1);
  }
  const results = (await ann.log('onEnterRoom')).map((e) => e.args[0]);
  assert.ok(
    results.every((result) => result > 0),
    String(results),
  );
  assert.equal((await ann.log('onExitRoom')).length, 50);
  await wes.until(() => window.room.log.filter((e) => e.name === 'onRemoteUserEnterRoom').length === 51);
  // Whoever comes back is a new one: the picture has to be asked for again.
  await wes.until(() => window.room.log.findLast((e) => e.name === 'onUserVideoAvailable').args[1] === 1);
  await wes.page.evaluate(() => window.room.watch('ann'));
  await wes.moves('ann');
  assert.equal((await wes.log('onRemoteUserLeaveRoom')).length, 50);
});

for (const [how, cut] of [
  ['the page is offline', (ann) => ann.page.context().setOffline(true)],
  ['the server does not answer', () => stage.server.freeze()],
]) {
  test(`C20 D4 onExitRoom comes within 500 ms when ${how}`, async (t) => {
    const ann = await stage.member(t, 'ann');
    await ann.enter({ room: stage.room() });
    await ann.publish();
    await ann.heard('onSendFirstLocalVideoFrame');
    try {
      await cut(ann);
      const begun = await ann.page.evaluate(() => {
        window.room.cloud.exitRoom();
        return performance.timeOrigin + performance.now();
      });
      const { at, open } = await ann.heard('onExitRoom', 0);
      assert.ok(at - begun < 500, `onExitRoom came after ${at - begun} ms`);
      assert.deepEqual(open, []);
    } finally {
      stage.server.thaw();
    }
  });
}

test('D2 C20 onExitRoom comes within 500 ms while the SDK tries to reach a server that was killed', async (t) => {
  const doomed = await startServer();
  t.after(() => doomed.stop());
  const ann = await stage.member(t, 'ann', 'room', doomed);
  await ann.enter({ room: 1 });
  await ann.publish();
  await ann.heard('onSendFirstLocalVideoFrame');
  await doomed.stop('SIGKILL');
  await ann.heard('onTryToReconnect');
  const begun = await ann.page.evaluate(() => {
    window.room.cloud.exitRoom();
    return performance.timeOrigin + performance.now();
  });
  const { at, open } = await ann.heard('onExitRoom', 0);
  assert.ok(at - begun < 500, `onExitRoom came after ${at - begun} ms`);
  assert.deepEqual(open, []);
});

test('A1 a page that is closed: the others are told within a second', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await wes.heard('onRemoteUserEnterRoom', 'ann');
  const closed = Date.now();
  await ann.page.close();
  const { at } = await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.ok(at - closed < 1000, `told after ${at - closed} ms`);
});

test('B3 D13 the same user twice: the first is replaced, the others see one leave and then one enter', async (t) => {
  const room = stage.room();
  const [first, wes, second] = await stage.members(t, 'ann', 'wes', 'ann');
  await wes.enter({ room });
  await first.enter({ room });
  await second.enter({ room });
  const { args } = await first.heard('onExitRoom');
  assert.equal(args[0], 1);
  assert.equal(args[1].code, 'replaced');
  await wes.until(() => window.room.log.filter((e) => e.name === 'onRemoteUserEnterRoom').length === 2);
  const about = await wes.log('onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom');
  assert.deepEqual(
    about.map((e) => e.name),
    ['onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom', 'onRemoteUserEnterRoom'],
  );
  await second.exit();
  await second.heard('onExitRoom', 0);
  // Had the first one come back by itself, wes would have heard of it before this.
  assert.equal((await first.log('onEnterRoom')).length, 1);
});

test('a wrong UserSig: onEnterRoom below zero and onError with the same code', async (t) => {
  const ann = await stage.member(t, 'ann');
  await ann.call({ room: stage.room(), sig: 'nonsense' });
  const [entered, error] = [await ann.heard('onEnterRoom'), await ann.heard('onError')];
  assert.ok(entered.args[0] < 0);
  assert.equal(error.args[0], entered.args[0]);
  assert.deepEqual(await ann.page.evaluate(() => window.ledger.live()), 0);
});

test('enterRoom while inside is refused with -3340 and keeps the stay', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await ann.enter({ room });
  await ann.call({ room });
  await ann.heard('onEnterRoom', -3340);
  await ann.heard('onError', -3340);
  await wes.exit();
  await ann.heard('onRemoteUserLeaveRoom', 'wes', 0);
  assert.deepEqual(await ann.log('onExitRoom'), []);
});

test('enterRoom with anything but TRTCParams does nothing', async (t) => {
  const ann = await stage.member(t, 'ann');
  await ann.page.evaluate(
    (wish) => window.room.cloud.enterRoom({ ...window.room.params(wish)[0] }, 0),
    ann.wish({ room: 1 }),
  );
  await ann.enter({ room: stage.room() });
  assert.deepEqual((await ann.log('onError', 'onEnterRoom')).length, 1);
});
