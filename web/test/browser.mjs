// Debian's Chromium with invented devices, for the page's tests and pictures.
import { chromium } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: flags });

/** enter fills in the form and presses Enter; it returns once the call is on screen. */
export async function enter(page, base, { user, room = 'lesson', query = '' }) {
  await page.goto(`${base}/?room=${encodeURIComponent(room)}&user=${encodeURIComponent(user)}${query}`);
  await page.getByRole('button', { name: /^Enter/ }).click();
  await page.getByRole('button', { name: 'Leave' }).waitFor();
}
