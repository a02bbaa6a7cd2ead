// Ten ways in which real applications leave a room, each a page in that way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

/** onExitRoom comes within this time, with and without a server, in milliseconds. */
const boundMs = 500;

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Opens the page, enters the room in which wes watches, and waits until wes sees the picture. */
async function begin(t, name, open = (page) => stage.member(t, 'app', page)) {
  const room = stage.room();
  const wes = await stage.member(t, 'wes');
  await wes.enter({ room });
  const app = await open(name);
  await app.page.evaluate((wish) => window.begin(wish), app.wish({ room }));
  await app.until(() => window.entries[0] > 0);
  await wes.heard('onUserVideoAvailable', 'app', 1);
  await wes.heard('onUserAudioAvailable', 'app', 1);
  return { room, wes, app };
}

/** Leaves as the page does, and holds it to the contract. */
async function depart(app) {
  const live = await app.page.evaluate(() => window.depart());
  assert.equal(live, 0, 'tracks are still live when exitRoom returns');
  await app.until(() => window.exits.length > 0);
  const [exit, begun] = await app.page.evaluate(() => [window.exits[0], window.departedAt]);
  assert.equal(exit.reason, 0);
  assert.equal(exit.inside, false, 'onExitRoom fired inside the call');
  assert.ok(exit.at - begun < boundMs, `onExitRoom came after ${exit.at - begun} ms`);
  return exit;
}

const once = async (app) =>
  assert.equal(await app.page.evaluate(() => window.exits.length), 1, 'onExitRoom came twice');

for (const name of [
  'idiom-02-exit-then-stop',
  'idiom-03-await-for-ever',
  'idiom-04-listen-after-the-call',
  'idiom-05-stop-everything-after',
  'idiom-06-switch-on-the-reason',
]) {
  test(`${name}: devices are off at once, onExitRoom comes once, and the next room is entered`, async (t) => {
    const { wes, app, room } = await begin(t, name);
    await depart(app);
    await wes.heard('onRemoteUserLeaveRoom', 'app', 0);
    await wes.forget();
    await app.page.evaluate((wish) => window.begin(wish), app.wish({ room }));
    await wes.heard('onUserVideoAvailable', 'app', 1);
    await once(app);
  });

  test(`${name}: the same with a server that does not answer`, async (t) => {
    const { app } = await begin(t, name);
    stage.server.freeze();
    try {
      await depart(app);
      await once(app);
    } finally {
      stage.server.thaw();
    }
  });
}

test('idiom-01-destroy-after-a-second: the event and the release come within that second', async (t) => {
  const { wes, app } = await begin(t, 'idiom-01-destroy-after-a-second');
  await depart(app);
  await wes.heard('onRemoteUserLeaveRoom', 'app', 0);
  await app.until(() => window.destroyed);
  await once(app);
  assert.deepEqual(await app.page.evaluate(() => window.ledger.open()), []);
});

test('idiom-06-switch-on-the-reason: a dismissed room logs the user out', async (t) => {
  const { app, room } = await begin(t, 'idiom-06-switch-on-the-reason');
  await stage.control('DismissRoom', { RoomId: room });
  await app.until(() => window.screenShown === 'login');
  await once(app);
});

test('idiom-07-all-in-one-tick: the same user is back in the same room, and the old session ends once', async (t) => {
  const { wes, app } = await begin(t, 'idiom-07-all-in-one-tick');
  await app.until(() => window.entries.filter((result) => result > 0).length === 2);
  assert.equal(await app.page.evaluate(() => window.depart()), 0, 'tracks are still live in the tick of the exit');
  await app.until(() => window.entries.filter((result) => result > 0).length === 4);
  await wes.heard('onRemoteUserLeaveRoom', 'app');
  await wes.until(() => window.room.log.filter((e) => e.name === 'onRemoteUserEnterRoom').length === 2);
  const about = await wes.log('onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom');
  assert.deepEqual(
    about.map((e) => e.name),
    ['onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom', 'onRemoteUserEnterRoom'],
  );
  assert.deepEqual(
    (await app.page.evaluate(() => window.exits)).filter((exit) => exit.thrown),
    [],
  );
  await wes.forget();
  await wes.page.evaluate(() => window.room.watch('app'));
  await wes.moves('app');
});

test('idiom-08-close-the-window: the others are told before the window is gone', async (t) => {
  const opener = await stage.member(t, 'opener');
  const { wes, app } = await begin(t, 'idiom-08-close-the-window', (page) => stage.popup(opener, 'app', page));
  const closed = app.page.waitForEvent('close');
  assert.equal(await app.page.evaluate(() => window.depart()), 0);
  await wes.heard('onRemoteUserLeaveRoom', 'app', 0);
  await closed;
});

test('idiom-09-only-exit: the screen share ends with the exit', async (t) => {
  const { wes, app } = await begin(t, 'idiom-09-only-exit');
  await app.until(() => window.sharing);
  await wes.heard('onUserSubStreamAvailable', 'app', 1);
  const { open } = await depart(app);
  assert.deepEqual(open, []);
  await wes.heard('onUserSubStreamAvailable', 'app', 0);
  await wes.heard('onRemoteUserLeaveRoom', 'app', 0);
});

test('idiom-10-nothing: the window is closed, and the others are told within a second', async (t) => {
  const { wes, app } = await begin(t, 'idiom-10-nothing');
  const closed = Date.now();
  await app.close();
  const { at } = await wes.heard('onRemoteUserLeaveRoom', 'app');
  assert.ok(at - closed < 1000, `told after ${at - closed} ms`);
});
