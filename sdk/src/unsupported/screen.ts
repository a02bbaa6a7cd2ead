import { type Neutral, nothing } from './report';

/** Screen sharing: what a browser does not let a page choose. */
export interface ScreenMembers {
  setSubStreamMixVolume(volume: number): void;
  addExcludedShareWindow(win: string): void;
  removeExcludedShareWindow(win: string): void;
  removeAllExcludedShareWindow(): void;
  addIncludedShareWindow(win: string): void;
  removeIncludedShareWindow(win: string): void;
  removeAllIncludedShareWindow(): void;
}

/** What each of them returns. */
export const screen: Neutral<ScreenMembers> = {
  setSubStreamMixVolume: nothing,
  addExcludedShareWindow: nothing,
  removeExcludedShareWindow: nothing,
  removeAllExcludedShareWindow: nothing,
  addIncludedShareWindow: nothing,
  removeIncludedShareWindow: nothing,
  removeAllIncludedShareWindow: nothing,
};
