// Takes the README's picture: real members in a real call. node screenshot.mjs BASE OUT.png [light|dark]
// Only the cameras are painted: a fake device shows a green disc, and nobody wants to see four of them.
import { enter, launch } from './browser.mjs';
import { portrait } from './portrait.js';

const [base = 'http://localhost:8080', out = 'call-page.png', scheme = 'light'] = process.argv.slice(2);
const people = ['Ann Lee', 'Ben', 'Chloé', 'Dario Fo'];

/** Runs in the page: the camera is a canvas on which somebody sits. */
function paintCamera({ user, source }) {
  const draw = new Function(`return (${source})`)();
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!wanted.video) return open(wanted);
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const context = canvas.getContext('2d');
    setInterval(() => draw(context, user), 100);
    return canvas.captureStream(15);
  };
}

const browser = await launch();
const pages = [];
for (const user of people) {
  const context = await browser.newContext({
    colorScheme: scheme,
    permissions: ['camera', 'microphone'],
    viewport: { width: 1280, height: 760 },
  });
  const page = await context.newPage();
  await page.addInitScript(paintCamera, { user, source: portrait.toString() });
  await enter(page, base, { user, room: 'lesson' });
  pages.push(page);
}
const [ann, ben] = pages;
await ben.getByRole('button', { name: 'Mute' }).click();
await ann.getByRole('listitem', { name: /^Ben, muted/ }).waitFor();
await ann.waitForFunction(
  (count) => [...document.querySelectorAll('video')].filter((video) => video.videoWidth > 400).length >= count,
  people.length,
);
await ann.screenshot({ path: out });
await browser.close();
