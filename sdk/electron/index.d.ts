/** What is used of an emitter of Electron's. */
interface Emits {
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own arguments.
  on(event: any, listener: (...args: any[]) => void): unknown;
}

/**
 * Watches a BrowserWindow, from before it loads its page: when the window is closed, or its page is gone by a crash, a
 * kill or a navigation, the stays of its page are left at once.
 */
export declare function guardWindow(window: Emits & { webContents: Emits }): void;

/** Lets the application quit only after these goodbyes have been said, or after one second. */
export declare function leaveOnQuit(app: Emits & { quit(): void }): void;
