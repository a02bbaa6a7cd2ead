// The page over its stand-in for the SDK: every ending on the screen, by keyboard and for screen readers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { enter, launch } from './browser.mjs';

const bundler = fileURLToPath(new URL('../bundle', import.meta.url));
let browser;
let preview;
let base;

before(async () => {
  preview = spawn('go', ['run', './preview', '-addr', '127.0.0.1:0'], { cwd: bundler, detached: true });
  const [line] = await once(preview.stdout, 'data');
  base = String(line).match(/http:\S+/)[0];
  browser = await launch();
});
after(async () => {
  await browser?.close();
  process.kill(-preview.pid, 'SIGTERM');
});

async function call(t, options = {}) {
  const page = await browser.newPage({ reducedMotion: 'reduce', ...options });
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  t.after(() => page.close().then(() => assert.deepEqual(faults, [])));
  await enter(page, base, { user: 'Ann' });
  return page;
}

const stay = { actor: 'api:AKIDexample', text: '', rejoinAfter: 0, sessionId: 's', seq: 4 };
for (const [reason, code, text, words] of [
  [0, 'left', '', 'You left the room'],
  [1, 'removed', 'spam', 'You were removed by the host: spam'],
  [1, 'banned', '', 'You were removed by the host'],
  [1, 'replaced', '', 'You entered this room from another place'],
  [2, 'dismissed', '', 'The room was closed'],
  [3, 'timed_out', '', 'The connection was lost for too long'],
  [3, 'drained', '', 'The server is stopping'],
]) {
  test(`the ending "${code}" is read out and can be left`, async (t) => {
    const page = await call(t);
    await page.evaluate(([r, d]) => window.fake.emit('onExitRoom', r, d), [reason, { ...stay, code, text }]);
    const heading = page.getByRole('heading', { name: words });
    await heading.waitFor();
    await page.getByRole('button', { name: /again|here instead/i }).waitFor();
  });
}

test('comings and goings are announced, with the reason', async (t) => {
  const page = await call(t);
  // Whoever comes within the first moment was there before. The page reads the clock, so the clock goes on.
  await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 5000;
    window.fake.join('Zoe');
  });
  await page.getByText('Zoe entered').first().waitFor();
  const detail = { ...stay, code: 'removed', text: 'spam' };
  await page.evaluate((d) => window.fake.emit('onRemoteUserLeaveRoom', 'Zoe', 2, d), detail);
  await page.getByText('Zoe was removed by the host: spam').first().waitFor();
  assert.ok((await page.locator('[aria-live]').count()) > 0, 'nothing is read out');
});

test('a lost connection is said, and its return', async (t) => {
  const page = await call(t);
  await page.evaluate(() => window.fake.emit('onConnectionLost'));
  await page.getByText('The connection is lost').first().waitFor();
  await page.evaluate(() => window.fake.emit('onConnectionRecovery'));
  await page.getByText('You are connected again').first().waitFor();
});

test('the keyboard mutes, and Shift+L leaves', async (t) => {
  const page = await call(t);
  await page.keyboard.press('m');
  await page.waitForFunction(() => window.fake.calls.includes('muteLocalAudio true'));
  await page.keyboard.press('Shift+L');
  await page.getByRole('heading', { name: 'You left the room' }).waitFor();
});

test('every control has a name, and nothing scrolls sideways on the smallest phone', async (t) => {
  const page = await call(t, { viewport: { width: 320, height: 568 } });
  await page.evaluate(() => window.fake.join('Ben', 'Cleo-', 'Dario~'));
  await page.getByRole('listitem', { name: /Dario/ }).waitFor();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, video')]
      .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length || e.ariaHidden === 'true' || e.title))
      .map((e) => e.outerHTML),
  );
  assert.deepEqual(nameless, []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test('a refused entry says why, beside the form', async (t) => {
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${base}/?refuse=-102052&room=lesson&user=Ann`);
  await page.getByRole('button', { name: /^Enter/ }).click();
  await page.getByText('The room is full.').first().waitFor();
});
