// Chromium with fake devices, and pages in it that cannot see each other.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { Member, waitMs } from './member.mjs';

const ledger = readFileSync(new URL('./ledger.js', import.meta.url), 'utf8');

/** What every browser of the tests is started with. */
const always = ['--no-sandbox', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];

/**
 * Starts Chromium with fake cameras and microphones; with `env`, with the real ones that this environment leads to.
 * Pages of the origin `trusted` may use them without TLS. `flags` are more of its own, and `wrap` says what program to
 * start in its place.
 */
export async function startChromium({ env, trusted, flags = [], wrap = (program) => program } = {}) {
  const browser = await chromium.launch({
    executablePath: wrap(process.env.CHROMIUM ?? '/usr/bin/chromium'),
    args: [
      ...always,
      ...flags,
      ...(env ? [] : ['--use-fake-device-for-media-stream']),
      ...(trusted ? [`--unsafely-treat-insecure-origin-as-secure=${trusted}`] : []),
    ],
    env,
  });
  return {
    browser,
    /** Opens a page in a context of its own and loads `url`. */
    async open(url) {
      const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
      context.setDefaultTimeout(waitMs);
      await context.addInitScript(ledger);
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(`page error: ${error.stack}`));
      await page.goto(url);
      return page;
    },
    async member(url, user, keys) {
      const page = await this.open(url);
      return new Member(page, user, keys, () => page.context().close());
    },
    close: () => browser.close(),
  };
}
