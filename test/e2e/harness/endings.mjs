// Every way in which a browser can end a page, in a Chromium that lives as a person's does: Playwright's own switches,
// which keep hidden pages awake and nothing in the back/forward cache, are left out.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { Member, waitMs } from './member.mjs';

const ledger = readFileSync(new URL('./ledger.js', import.meta.url), 'utf8');

/** Switches of Playwright that hide how pages live and end. */
const hiding = [
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

const switches = [
  ...['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
  '--autoplay-policy=no-user-gesture-required',
];

/** Opens a browser of its own with one page, which an ending may take with it. */
export async function openLeaver(stage, user) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: switches,
    ignoreDefaultArgs: hiding,
  });
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  context.setDefaultTimeout(waitMs);
  await context.addInitScript(ledger);
  // A window that another page opened may close itself.
  const opener = await context.newPage();
  await opener.goto(stage.pages.url('room', stage.server.signal));
  const opened = opener.waitForEvent('popup');
  await opener.evaluate((url) => void window.open(url), stage.pages.url('room', stage.server.signal));
  const page = await opened;
  await page.waitForLoadState();
  // A renderer that was stopped would keep a browser from closing for half a minute.
  const close = async () => {
    for (const type of browser.isConnected() ? ['renderer', 'browser'] : []) {
      for (const pid of await pids(browser, type)) process.kill(pid, 'SIGKILL');
    }
    await browser.close().catch(() => undefined);
  };
  const member = new Member(page, user, stage.server.keys, close);
  return { browser, context, opener, page, member, close };
}

/**
 * Opens the same by Puppeteer, whose pages can be hidden: Playwright lets every page believe that it has the focus, and
 * a visible page cannot be frozen.
 */
export async function openHideable(stage, user) {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: switches,
    ignoreDefaultArgs: hiding,
  });
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(ledger);
  await page.goto(stage.pages.url('room', stage.server.signal));
  const member = new Member(page, user, stage.server.keys, () => browser.close());
  return { browser, page, member, close: member.close };
}

/** The processes of a browser of one type: renderer or browser. */
export const pids = async (browser, type) => {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.filter((process) => process.type === type).map((process) => process.id);
};

/** The one ending that needs a page which can be hidden. */
export const opens = (ending) => (ending === 'tab frozen' ? openHideable : openLeaver);

/** What ends the page, by name. None of them is waited for longer than it takes to ask. */
export const endings = {
  'exitRoom()': ({ member }) => member.exit(),
  'close the tab': async ({ context, page }) => {
    const session = await context.newCDPSession(page);
    const { targetInfo } = await session.send('Target.getTargetInfo');
    await session.send('Target.closeTarget', { targetId: targetInfo.targetId });
  },
  'close the page, asking beforeunload': ({ page }) => page.close({ runBeforeUnload: true }),
  'window.close()': ({ page }) => page.evaluate(() => setTimeout(() => window.close())),
  'go to another page': ({ page }) => page.goto('about:blank'),
  reload: ({ page }) => page.reload(),
  'quit the browser': async ({ browser }) => {
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.close');
  },
  'renderer crashes': async ({ context, page }) => {
    const session = await context.newCDPSession(page);
    session.send('Page.crash').catch(() => undefined);
  },
  'renderer killed': async ({ browser }) => {
    for (const pid of await pids(browser, 'renderer')) process.kill(pid, 'SIGKILL');
  },
  'browser killed': async ({ browser }) => {
    for (const pid of await pids(browser, 'browser')) process.kill(pid, 'SIGKILL');
  },
  'renderer stopped': async ({ browser }) => {
    for (const pid of await pids(browser, 'renderer')) process.kill(pid, 'SIGSTOP');
  },
  'tab frozen': async ({ browser, page }) => {
    const other = await browser.newPage();
    await other.bringToFront();
    const session = await page.createCDPSession();
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  },
};
