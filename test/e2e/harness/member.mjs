// One page in one browser, as a member of a room. Playwright's pages and Puppeteer's serve alike.
import { userSig } from './credentials.mjs';

/** How long a test waits for what must happen, in milliseconds. */
export const waitMs = 20_000;

export class Member {
  constructor(page, user, keys, close) {
    this.page = page;
    this.user = user;
    this.keys = keys;
    this.close = close;
  }

  /** Calls enterRoom. Wishes: `room`, number or string; `scene`, `role`, `sig`. */
  call(wish) {
    return this.page.evaluate((w) => window.room.enter(w), this.wish(wish));
  }

  wish(wish) {
    return { app: this.keys.sdkAppId, user: this.user, sig: userSig(this.keys, this.user), ...wish };
  }

  /** Enters, and resolves when inside. */
  async enter(wish) {
    await this.call(wish);
    const { args } = await this.heard('onEnterRoom');
    if (args[0] <= 0) throw new Error(`${this.user} may not enter: ${JSON.stringify(await this.log())}`);
    return this;
  }

  publish() {
    return this.page.evaluate(() => window.room.publish());
  }

  exit() {
    return this.page.evaluate(() => void window.room.cloud.exitRoom());
  }

  /** What the page has heard so far: {name, args, at, open}. */
  log(...names) {
    return this.page.evaluate((n) => window.room.log.filter((e) => n.length === 0 || n.includes(e.name)), names);
  }

  forget() {
    return this.page.evaluate(() => void window.room.log.splice(0));
  }

  /** Waits for an event, with these first arguments if any are given, and returns it. */
  async heard(name, ...args) {
    const what = [name, args];
    await this.until(
      ([n, a]) => window.room.log.some((e) => e.name === n && a.every((value, i) => e.args[i] === value)),
      what,
    );
    return this.page.evaluate(
      ([n, a]) => window.room.log.find((e) => e.name === n && a.every((value, i) => e.args[i] === value)),
      what,
    );
  }

  /**
   * Waits until a function of the page returns something true, for `longest` milliseconds at most. The page itself
   * looks, by timers that do not count.
   */
  async until(condition, argument, longest = waitMs) {
    const log = await this.page.evaluate(
      async ([source, arg, ms]) => {
        // biome-ignore lint/security/noGlobalEval: the condition is a function of the test.
        const holds = eval(`(${source})`);
        const deadline = performance.now() + ms;
        while (performance.now() < deadline) {
          if (await holds(arg)) return null;
          await window.ledger.moment();
        }
        return window.room?.log ?? window.exits ?? [];
      },
      [String(condition), argument, longest],
    );
    if (log) {
      throw new Error(`${this.user} waited for ${condition} ${JSON.stringify(argument)}; heard ${JSON.stringify(log)}`);
    }
  }

  /** Waits until pictures of these users are shown, and the sound of as many is heard, and both go on. */
  async receives(...users) {
    for (const user of users) {
      await this.heard('onUserVideoAvailable', user, 1);
      await this.page.evaluate((u) => window.room.watch(u), user);
    }
    for (const user of users) await this.moves(user);
    await this.until(async (n) => (await window.ledger.received()).energies.length >= n, users.length);
    const before = await this.page.evaluate(() => window.ledger.received());
    await this.until(async (b) => {
      const now = await window.ledger.received();
      const louder = now.energies.filter((e, i) => e > (b.energies[i] ?? 0)).length;
      return now.frames > b.frames && louder >= b.energies.length;
    }, before);
  }

  /**
   * Waits until a user's picture is shown in a width of `least` to `most` pixels. Chromium may begin with a smaller
   * one, and look again only some thirteen seconds later.
   */
  async sees(user, least, most) {
    await this.until(
      ([u, a, b]) => {
        const now = window.room.view(`${u}-0`).querySelector('video')?.videoWidth ?? 0;
        return now >= a && now <= b;
      },
      [user, least, most],
      2 * waitMs,
    );
  }

  /** Waits until the page encodes exactly these layers, by the encoder's own count of frames. */
  async encodes(...rids) {
    await this.until(async (wanted) => {
      const before = await window.ledger.encoded();
      for (let i = 0; i < 25; i++) await window.ledger.moment();
      const now = await window.ledger.encoded();
      const running = Object.keys(now).filter((rid) => now[rid] > (before[rid] ?? 0));
      return running.sort().join() === wanted.sort().join();
    }, rids);
  }

  /** Waits until the server has reported on the best layer of the own camera. */
  async reportedOn() {
    await this.until(() => window.ledger.reportedOn('h'));
  }

  /** Waits until ten more frames of a user's picture have been decoded. */
  async moves(user) {
    const before = await this.page.evaluate((u) => window.room.frames(u), user);
    await this.until(async ([u, n]) => (await window.room.frames(u)) >= n, [user, before + 10]);
  }
}
