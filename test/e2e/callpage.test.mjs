// The call page, as a person uses it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Opens the page, fills in the form, and waits until inside. */
async function visit(t, user, room) {
  const page = await stage.chromium.open(stage.server.url);
  t.after(() => page.context().close());
  await page.getByLabel('Your name').fill(user);
  await page.getByLabel('Room').fill(String(room));
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByRole('button', { name: 'Leave' }).waitFor();
  return page;
}

/** The tile of somebody, once it shows a picture that moves. */
async function moving(page, name) {
  const tile = page.getByRole('listitem', { name: new RegExp(`^${name}`) });
  const video = tile.locator('video');
  await video.waitFor();
  const frames = () => video.evaluate((element) => element.getVideoPlaybackQuality().totalVideoFrames);
  await page.waitForFunction(
    ([element, before]) => element.getVideoPlaybackQuality().totalVideoFrames > before + 5,
    [await video.elementHandle(), await frames()],
  );
  return tile;
}

const ending = (page, words) => page.getByRole('heading', { name: words }).waitFor();

test('two people see each other, and one leaves', async (t) => {
  const room = stage.room();
  const ann = await visit(t, 'ann', room);
  const ben = await visit(t, 'ben', room);
  const tile = await moving(ann, 'ben');
  await moving(ben, 'ann');
  await ben.getByRole('button', { name: 'Leave' }).click();
  await ending(ben, 'You left the room');
  await tile.waitFor({ state: 'detached' });
  assert.deepEqual(await ben.evaluate(() => window.ledger.live()), 0);
  await ben.getByRole('button', { name: 'again' }).click();
  await moving(ann, 'ben');
});

test('mute and camera show at the other one', async (t) => {
  const room = stage.room();
  const ann = await visit(t, 'ann', room);
  const ben = await visit(t, 'ben', room);
  await moving(ann, 'ben');
  await ben.getByRole('button', { name: 'Mute' }).click();
  await ann.getByRole('listitem', { name: 'ben, muted', exact: true }).waitFor();
  await ben.getByRole('button', { name: 'Camera' }).click();
  await ann.getByRole('listitem', { name: 'ben, muted, camera off', exact: true }).waitFor();
  assert.equal(await ben.evaluate(() => window.ledger.live('video')), 0, 'the camera is still on');
});

test('the removed reads who did it and why', async (t) => {
  const room = stage.room();
  const ann = await visit(t, 'ann', room);
  await stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'], Reason: 'spam', Operator: 'the host' });
  await ending(ann, 'You were removed by the host: spam');
  assert.deepEqual(await ann.evaluate(() => window.ledger.live()), 0);
});

test('a closed room says so', async (t) => {
  const room = stage.room();
  const ann = await visit(t, 'ann', room);
  await stage.control('DismissRoom', { RoomId: room });
  await ending(ann, 'The room was closed');
});

test('a room with a name is entered by its name', async (t) => {
  const ann = await visit(t, 'ann', 'tea time');
  await stage.control('DismissRoomByStrRoomId', { RoomId: 'tea time' });
  await ending(ann, 'The room was closed');
});
