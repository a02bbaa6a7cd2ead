// The microphone, as the sound server sees it: at onExitRoom nothing captures from it any more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Member } from './harness/member.mjs';
import { startPulse } from './harness/pulse.mjs';
import { startServer } from './harness/server.mjs';
import { openStage } from './harness/stage.mjs';

/** Within that time, in milliseconds, a busy machine has carried what happened from the sound server to us. */
const newsMs = 250;

let pulse;
let stage;
before(async () => {
  pulse = await startPulse();
  stage = await openStage({ env: pulse.env });
});
after(async () => {
  await stage.close();
  await pulse.close();
});

/** Somebody whose microphone is on, in a room. When onExitRoom fires we ask who captures. */
async function speaking(t, server = stage.server, room = stage.room()) {
  const ann = await stage.member(t, 'ann', 'room', server);
  await ann.page.exposeFunction('freed', () => pulse.until(0, newsMs));
  await ann.page.evaluate(() => {
    window.room.cloud.on('onExitRoom', () => {
      window.atExit = window.freed();
    });
  });
  assert.equal(await pulse.captures(), 0);
  await ann.enter({ room });
  await ann.page.evaluate(() => window.room.cloud.startLocalAudio());
  await ann.heard('onSendFirstLocalAudioFrame');
  assert.equal(await pulse.captures(), 1);
  return { ann, room };
}

/** At onExitRoom nobody captured any more, and so it stays. */
async function free(ann) {
  await ann.page.evaluate(() => window.atExit);
  assert.equal(await pulse.captures(), 0);
}

const ways = {
  0: ({ ann }) => ann.exit(),
  1: ({ room }) => stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'] }),
  2: ({ room }) => stage.control('DismissRoom', { RoomId: room }),
};
for (const [reason, leave] of Object.entries(ways)) {
  test(`C7 C20 nobody captures from it when onExitRoom(${reason}) fires`, async (t) => {
    const { ann, room } = await speaking(t);
    await leave({ ann, room });
    await ann.heard('onExitRoom', Number(reason));
    await free(ann);
  });
}

test('C7 D9 nobody captures from it when a stay times out in front of a silent server', async (t) => {
  const doomed = await startServer();
  t.after(() => doomed.stop());
  const { ann } = await speaking(t, doomed);
  doomed.freeze();
  const { args } = await ann.heard('onExitRoom', 3);
  assert.equal(args[1].code, 'timed_out');
  await free(ann);
});

test('C2 a volume other than 100 takes a detour, which is closed too', async (t) => {
  const { ann } = await speaking(t);
  await ann.page.evaluate(() => window.room.cloud.setAudioCaptureVolume(150));
  await ann.exit();
  await ann.heard('onExitRoom', 0);
  await free(ann);
});

test('C1 a microphone that is granted after the exit is free again at once', async (t) => {
  const ann = await stage.member(t, 'ann');
  await ann.enter({ room: stage.room() });
  await ann.page.evaluate(() => {
    window.ledger.hold();
    window.room.cloud.startLocalAudio();
  });
  await pulse.until(1, 5_000);
  await ann.exit();
  await ann.heard('onExitRoom', 0);
  await ann.page.evaluate(() => window.ledger.letGo());
  await pulse.until(0, newsMs);
});

test('C19 entering again at once finds it free, 100 times', async (t) => {
  const ann = await stage.member(t, 'ann');
  const wish = ann.wish({ room: stage.room() });
  const heard = await ann.page.evaluate(async (args) => {
    const { cloud, log, params } = window.room;
    for (let i = 0; i < 100; i++) {
      const ready = new Promise((resolve) => cloud.once('onMicDidReady', resolve));
      cloud.enterRoom(...params(args));
      cloud.startLocalAudio();
      await ready;
      cloud.exitRoom();
    }
    return log.map(({ name }) => name);
  }, wish);
  assert.ok(!heard.includes('onError'), heard.join());
  await ann.until(() => window.room.log.filter(({ name }) => name === 'onExitRoom').length === 100);
  await pulse.until(0, newsMs);
});

test('C9 a page that drops the frame of the call frees it, and the others hear of a leave', async (t) => {
  const { ann, room } = await speaking(t);
  const page = await stage.member(t, 'bob', 'guide-import');
  await page.page.evaluate(
    (src) => {
      const frame = Object.assign(document.createElement('iframe'), {
        src,
        allow: 'camera; microphone',
        name: 'call',
      });
      document.body.append(frame);
    },
    stage.pages.url('room', stage.server.signal),
  );
  const frame = await framed(page.page, 'call');
  const bob = new Member(frame, 'bob', stage.server.keys);
  await bob.enter({ room });
  await bob.page.evaluate(() => window.room.cloud.startLocalAudio());
  await pulse.until(2, 5_000);
  await page.page.evaluate(() => document.querySelector('iframe').remove());
  await pulse.until(1, newsMs);
  await ann.heard('onRemoteUserLeaveRoom', 'bob', 0);
});

/** The frame of that name, once its page has run. */
async function framed(page, name) {
  const frame = page.frame(name) ?? (await page.waitForEvent('framenavigated', (each) => each.name() === name));
  await frame.waitForFunction(() => window.room !== undefined);
  return frame;
}
