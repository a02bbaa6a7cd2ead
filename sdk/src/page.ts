/** What happens to the page that a stay lives in. Neither beforeunload nor mere hiding leaves (E1). */
export interface PageEvents {
  /** The page, or the frame, is being destroyed. */
  closed(): void;
  /** The page is put away. It may come back, or not (E4). */
  away(): void;
  /** It came back. */
  back(): void;
  /** The browser stops the page's script for a while. */
  frozen(): void;
  /** The script runs again. */
  thawed(): void;
  /** The page is out of sight, or in sight again. */
  seen(): void;
  /** There is a network again, or another one. */
  network(): void;
}

/** Listens to the life of the page while a stay lasts. */
export class Page {
  /** Whether the page is put away now. */
  away = false;
  private readonly heard: Array<() => void> = [];

  constructor(on: PageEvents) {
    this.listen(globalThis, 'pagehide', (event) => {
      this.away = (event as PageTransitionEvent).persisted === true;
      if (this.away) on.away();
      else on.closed();
    });
    this.listen(globalThis, 'pageshow', () => {
      if (!this.away) return;
      this.away = false;
      on.back();
    });
    // These happen to the document; a listener that captures hears them here.
    this.listen(globalThis, 'freeze', () => on.frozen());
    this.listen(globalThis, 'resume', () => on.thawed());
    this.listen(globalThis, 'visibilitychange', () => on.seen());
    this.listen(globalThis, 'online', () => on.network());
    this.listen((globalThis.navigator as { connection?: EventTarget })?.connection, 'change', () => on.network());
  }

  /** Listens no more. */
  close(): void {
    for (const stop of this.heard) stop();
  }

  private listen(target: Partial<EventTarget> | undefined, event: string, run: (event: Event) => void): void {
    target?.addEventListener?.(event, run, true);
    this.heard.push(() => target?.removeEventListener?.(event, run, true));
  }
}
