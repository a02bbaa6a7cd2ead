// Chromium and Firefox in one room: they hear and see each other, and each leaves, is removed and is dismissed.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { startFirefox } from './harness/firefox.mjs';
import { openStage } from './harness/stage.mjs';

let stage;
let firefox;
before(async () => {
  // Firefox never pairs its own addresses with a server's 127.0.0.1, so media is taken at an address of this machine.
  [stage, firefox] = await Promise.all([openStage({ mediaHost: ownAddress() }), startFirefox()]);
});
after(async () => {
  await firefox.close();
  await stage.close();
});

/** An address of this machine that is not the loopback's. */
function ownAddress() {
  const addresses = Object.values(networkInterfaces()).flat();
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  assert.ok(found, 'this machine has no IPv4 address beside 127.0.0.1, and Firefox takes no other');
  return found.address;
}

/** A room with a Chromium page, a Firefox page and a watcher; the first two see and hear each other. */
async function meet(t) {
  const room = stage.room();
  const [chrome, wes] = await stage.members(t, 'chrome', 'wes');
  const fox = await firefox.member(stage.pages.url('room', stage.server.signal), 'fox', stage.server.keys);
  t.after(() => fox.close());
  await wes.enter({ room });
  for (const member of [chrome, fox]) {
    await member.enter({ room });
    await member.publish();
  }
  await Promise.all([chrome.receives('fox'), fox.receives('chrome')]);
  return { room, chrome, fox, wes };
}

for (const who of ['chrome', 'fox']) {
  test(`${who} leaves, and the other one is told`, async (t) => {
    const { [who]: leaver, wes, chrome, fox } = await meet(t);
    const stayer = leaver === chrome ? fox : chrome;
    await leaver.exit();
    const { args, open } = await leaver.heard('onExitRoom');
    assert.equal(args[0], 0);
    assert.deepEqual(open, []);
    await Promise.all([stayer, wes].map((member) => member.heard('onRemoteUserLeaveRoom', who, 0)));
  });

  test(`${who} is removed, and the other one is told`, async (t) => {
    const { [who]: leaver, room, chrome, fox } = await meet(t);
    const stayer = leaver === chrome ? fox : chrome;
    await stage.control('RemoveUser', { RoomId: room, UserIds: [who] });
    const { args, open } = await leaver.heard('onExitRoom');
    assert.equal(args[0], 1);
    assert.deepEqual(open, []);
    await stayer.heard('onRemoteUserLeaveRoom', who, 2);
  });
}

test('chrome and fox are dismissed', async (t) => {
  const { room, chrome, fox } = await meet(t);
  await stage.control('DismissRoom', { RoomId: room });
  for (const member of [chrome, fox]) {
    const { args, open } = await member.heard('onExitRoom');
    assert.equal(args[0], 2);
    assert.deepEqual(open, []);
  }
});

test('chrome and fox send each other messages inside the picture', async (t) => {
  const { chrome, fox } = await meet(t);
  for (const member of [chrome, fox]) {
    await member.page.evaluate(() => {
      window.messages = [];
      window.room.cloud.on('onRecvSEIMsg', (user, message) => {
        window.messages.push([user, [...new Uint8Array(message)].join()]);
      });
    });
  }
  // Chromium has another peer connection now, and Firefox the same one.
  await chrome.moves('fox');
  await fox.moves('chrome');
  for (const [from, to] of [
    [chrome, fox],
    [fox, chrome],
  ]) {
    const sent = await from.page.evaluate(async () => {
      const bytes = Uint8Array.from({ length: 900 }, (_, i) => (i % 7 === 0 ? 3 : i % 3));
      for (let n = 0; n < 5; n++) {
        if (!window.room.cloud.sendSEIMsg(bytes, 3)) throw new Error('sendSEIMsg returned false');
        for (let i = 0; i < 8; i++) await window.ledger.moment();
      }
      return bytes.join();
    });
    await to.until((n) => window.messages.length >= n, 5);
    const messages = await to.page.evaluate(() => window.messages);
    assert.deepEqual(messages, Array(5).fill([from.user, sent]));
    await to.moves(from.user);
  }
});
