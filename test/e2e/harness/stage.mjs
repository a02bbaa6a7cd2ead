// All that a test file needs: a server, the pages, a browser.
import { startChromium } from './chromium.mjs';
import { control } from './credentials.mjs';
import { Member } from './member.mjs';
import { servePages } from './pages.mjs';
import { startServer } from './server.mjs';

let rooms = 100;

/** Opens a stage; `stage.close()` takes it down. Options are those of startServer; `env`, `flags` of startChromium. */
export async function openStage({ env, flags, ...options } = {}) {
  const [server, pages, chromium] = await Promise.all([
    startServer(options),
    servePages(),
    startChromium({ env, flags }),
  ]);
  return {
    server,
    pages,
    chromium,
    /** A room number that no other test uses. */
    room: () => ++rooms,
    /** Opens a page for each user; they are closed when the test ends. */
    members(t, ...users) {
      return Promise.all(users.map((user) => this.member(t, user)));
    },
    /** Opens a page of ours for a user, at this server unless another is named. */
    async member(t, user, page = 'room', at = server) {
      const member = await chromium.member(pages.url(page, at.signal), user, at.keys);
      t.after(() => member.close());
      return member;
    },
    /** Opens a page as a window of another page: only such a window may close itself. */
    async popup(opener, user, page) {
      const opened = opener.page.waitForEvent('popup');
      await opener.page.evaluate((url) => void window.open(url), pages.url(page, server.signal));
      const popup = await opened;
      await popup.waitForLoadState();
      return new Member(popup, user, server.keys, () => popup.close());
    },
    control: (action, parameters) => control(server, action, parameters),
    async close() {
      await chromium.close();
      await server.stop();
      pages.close();
    },
  };
}
