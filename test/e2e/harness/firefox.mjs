// Firefox with fake devices, driven over WebDriver BiDi.
import { readFileSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { Member } from './member.mjs';

const ledger = readFileSync(new URL('./ledger.js', import.meta.url), 'utf8');

/** Fake devices, no questions, and peer connections to 127.0.0.1. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
};

/** Starts Firefox. */
export async function startFirefox() {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: preferences,
  });
  return {
    async member(url, user, keys) {
      const page = await browser.newPage();
      await page.evaluateOnNewDocument(ledger);
      await page.goto(url);
      return new Member(page, user, keys, () => page.close());
    },
    close: () => browser.close(),
  };
}
