// Pages that sleep, wake, and come back: never back in a room with a live microphone once the stay is over. Chromium
// runs without the switches that keep pages awake.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openHideable, openLeaver, pids } from './harness/endings.mjs';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Ann, in a browser of her own, and wes, who sees her. */
async function meet(t) {
  const room = stage.room();
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  const leaver = await openLeaver(stage, 'ann');
  t.after(() => leaver.close());
  const ann = leaver.member;
  await ann.enter({ room });
  await ann.publish();
  await wes.receives('ann');
  return { room, wes, ann, ...leaver };
}

const staysIn = async (room) => {
  const { Room } = await stage.control('DescribeRoom', { RoomId: room });
  return Room.Members.map((member) => `${member.UserId} ${member.SessionId}`).sort();
};

const inside = async (room) => (await staysIn(room)).map((stay) => stay.split(' ')[0]);

const signal = async (browser, name) => {
  for (const pid of await pids(browser, 'renderer')) process.kill(pid, name);
};

test('E1 E4 another page and back: the stay is over, and the page that returns holds no device', async (t) => {
  const { room, wes, ann, page } = await meet(t);
  const gone = Date.now();
  await page.goto('about:blank');
  const { at, args } = await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.ok(at - gone < 2_000, `told after ${at - gone} ms`);
  assert.ok(['left', 'timed_out'].includes(args[2].code), args[2].code);
  await page.goBack();
  await page.waitForFunction(() => window.room);
  assert.equal(await page.evaluate(() => window.ledger.live()), 0);
  // It may enter again, as anybody may; until then nobody has heard of it.
  assert.deepEqual(await inside(room), ['wes']);
  await ann.forget();
  await ann.enter({ room });
  await wes.until(() => window.room.log.filter((e) => e.name === 'onRemoteUserEnterRoom').length === 2);
  assert.equal((await wes.log('onRemoteUserLeaveRoom')).length, 1);
});

test('E5 a page that stands still for some seconds keeps its stay', async (t) => {
  const { room, wes, ann, browser } = await meet(t);
  const stays = await staysIn(room);
  await signal(browser, 'SIGSTOP');
  await wes.until(() => window.room.log.some((e) => e.name === 'onRemoteUserPresence' && e.args[1].unstable));
  await signal(browser, 'SIGCONT');
  await wes.until(() => window.room.log.some((e) => e.name === 'onRemoteUserPresence' && !e.args[1].unstable));
  await wes.moves('ann');
  assert.deepEqual(await staysIn(room), stays);
  assert.deepEqual(await ann.log('onExitRoom'), []);
  assert.deepEqual(await wes.log('onRemoteUserLeaveRoom'), []);
});

test('E6 a hidden page, with the timers that Chromium leaves it, stays alive for the others', async (t) => {
  const room = stage.room();
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  // Without a camera, which would keep its page awake.
  const { browser, page, member: ann } = await openHideable(stage, 'ann');
  t.after(() => browser.close());
  await ann.enter({ room });
  await wes.heard('onRemoteUserEnterRoom', 'ann');
  const other = await browser.newPage();
  await other.bringToFront();
  await page.waitForFunction(() => document.hidden, { polling: 100 });
  const hidden = await wes.page.evaluate(() => performance.now());
  await wes.until((since) => performance.now() > since + 15_000, hidden);
  assert.deepEqual(await wes.log('onRemoteUserPresence', 'onRemoteUserLeaveRoom'), []);
  assert.deepEqual(await inside(room), ['ann', 'wes']);
  await page.bringToFront();
  assert.deepEqual(await ann.log('onExitRoom', 'onConnectionLost'), []);
});

test('E7 a page that slept until it was gone wakes up outside, with every device free', async (t) => {
  const { room, wes, ann, browser } = await meet(t);
  const fell = Date.now();
  await signal(browser, 'SIGSTOP');
  const { at, args } = await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.equal(args[2].code, 'timed_out');
  assert.ok(at - fell < 12_000, `told after ${at - fell} ms`);
  await signal(browser, 'SIGCONT');
  const exited = await ann.heard('onExitRoom');
  assert.equal(exited.args[1].code, 'timed_out');
  assert.deepEqual(exited.open, []);
  assert.equal(await ann.page.evaluate(() => window.ledger.live()), 0);
  assert.deepEqual(await inside(room), ['wes']);
  assert.equal((await ann.log('onEnterRoom')).length, 1);
  assert.equal((await ann.log('onExitRoom')).length, 1);
});

test('C9 a frame that is taken out of its document leaves the room', async (t) => {
  const room = stage.room();
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  const ann = await stage.member(t, 'ann');
  await ann.page.evaluate(
    (url) => {
      const frame = document.createElement('iframe');
      frame.allow = 'camera; microphone';
      frame.src = url;
      document.body.append(frame);
    },
    stage.pages.url('room', stage.server.signal),
  );
  await ann.until(() => document.querySelector('iframe').contentWindow.room);
  await ann.page.evaluate((wish) => {
    const { room: inner } = document.querySelector('iframe').contentWindow;
    inner.enter(wish);
    inner.publish();
  }, ann.wish({ room }));
  await wes.receives('ann');
  const gone = Date.now();
  await ann.page.evaluate(() => document.querySelector('iframe').remove());
  const { at, args } = await wes.heard('onRemoteUserLeaveRoom', 'ann');
  assert.ok(at - gone < 2_000, `told after ${at - gone} ms`);
  assert.ok(['left', 'timed_out'].includes(args[2].code), args[2].code);
  assert.deepEqual(await inside(room), ['wes']);
});
