// Pictures of every screen of the page, over the stand-in SDK: node look.mjs http://127.0.0.1:8090 FOLDER [only]
import { mkdirSync } from 'node:fs';
import { enter, launch } from './browser.mjs';

const [base = 'http://127.0.0.1:8090', folder = '/tmp/look', only = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const sizes = { wide: [1280, 800], phone: [390, 844], tiny: [320, 568] };
const people = [
  'Ben',
  'Cleo-',
  'Dario Fo~',
  'Eiko-',
  'Faye',
  'Goran~-',
  'Hanna',
  'Ines-',
  'Jun',
  'Kai~',
  'Lea-',
  'Mo',
  'Nia~-',
  'Otto',
  'Pia-',
  'Quinn',
  'Rosa~',
  'Sam',
];

const fake = (page, action) => page.evaluate(action);
const ended = (reason, detail) => (page) =>
  page.evaluate(([r, d]) => window.fake.emit('onExitRoom', r, d), [reason, detail]);
const inCall = (count, then) => async (page) => {
  await enter(page, base, { user: 'Ann Lee' });
  await page.evaluate((names) => window.fake.join(...names), people.slice(0, count - 1));
  await fake(page, () =>
    window.fake.emit(
      'onUserVoiceVolume',
      [
        { userId: 'Ben', volume: 60 },
        { userId: '', volume: 0 },
      ],
      1,
      60,
    ),
  );
  await then?.(page);
};
const stay = { sessionId: '01JD8Z2F8M', seq: 42, rejoinAfter: 0, text: '', actor: 'api:AKIDexample' };

const scenes = {
  entry: async (page) => page.goto(`${base}/?room=42&user=Ann`),
  wrong: async (page) => {
    await page.goto(`${base}/?refuse=-102052&room=räum&user=Ann`);
    await page.getByRole('button', { name: /^Enter/ }).click();
  },
  refused: async (page) => {
    await page.goto(`${base}/?refuse=-102052&room=lesson&user=Ann`);
    await page.getByRole('button', { name: /^Enter/ }).click();
    await page.locator('.refusal').waitFor();
  },
  one: inCall(1),
  two: inCall(2, async (page) => {
    await fake(page, () => {
      window.fake.join('Zoe-');
      window.fake.emit('onRemoteUserLeaveRoom', 'Zoe', 2, { code: 'removed', actor: 'api:x', text: 'spam' });
    });
  }),
  five: inCall(5),
  twelve: inCall(12),
  eighteen: inCall(18, (page) => fake(page, () => window.fake.emit('onConnectionLost'))),
  share: inCall(6, (page) => fake(page, () => window.fake.emit('onUserSubStreamAvailable', 'Ben', 1))),
  menu: inCall(3, (page) => page.getByRole('button', { name: 'Devices' }).click()),
  trouble: inCall(3, (page) => fake(page, () => window.fake.emit('onError', -1314, 'camera: NotAllowedError: denied'))),
  left: inCall(2, ended(0, { ...stay, code: 'left' })),
  removed: inCall(2, ended(1, { ...stay, code: 'removed', text: 'spam' })),
  banned: inCall(
    2,
    ended(1, {
      ...stay,
      code: 'banned',
      text: 'Please read the rules of the house before you come back, all of them',
      rejoinAfter: 300000,
    }),
  ),
  dismissed: inCall(2, ended(2, { ...stay, code: 'dismissed' })),
  replaced: inCall(2, ended(1, { ...stay, code: 'replaced' })),
  timed_out: inCall(2, ended(3, { ...stay, code: 'timed_out' })),
};

const browser = await launch();
for (const [size, [width, height]] of Object.entries(sizes)) {
  for (const scheme of ['light', 'dark']) {
    for (const [name, play] of Object.entries(scenes)) {
      const file = `${name}-${size}-${scheme}`;
      if (!new RegExp(only).test(file)) continue;
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
      page.on('console', (m) => m.type() === 'error' && console.log(file, m.text()));
      page.on('pageerror', (e) => console.log(file, String(e)));
      await play(page);
      await page.evaluate(() => document.fonts.ready);
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
      await page.screenshot({ path: `${folder}/${file}.png` });
      await page.close();
    }
  }
}
await browser.close();
