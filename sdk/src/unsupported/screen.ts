import type { Rect, TRTCScreenCaptureProperty, TRTCScreenCaptureSourceInfo } from '../define';
import { type Neutral, nothing } from './report';

/** Screen sharing: pausing, and what a browser does not let a page choose. */
export interface ScreenMembers {
  getScreenCaptureSources(
    thumbWidth: number,
    thumbHeight: number,
    iconWidth: number,
    iconHeight: number,
  ): TRTCScreenCaptureSourceInfo[];
  selectScreenCaptureTarget(
    source: TRTCScreenCaptureSourceInfo | number,
    captureRect: Rect | string,
    property: TRTCScreenCaptureProperty | string,
    deprecatedCaptureRect?: Rect,
    captureMouse?: boolean,
    highlightWindow?: boolean,
  ): void;
  pauseScreenCapture(): void;
  resumeScreenCapture(): void;
  setSubStreamEncoderParam(params: any): void;
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
  getScreenCaptureSources: () => [],
  selectScreenCaptureTarget: nothing,
  pauseScreenCapture: nothing,
  resumeScreenCapture: nothing,
  setSubStreamEncoderParam: nothing,
  setSubStreamMixVolume: nothing,
  addExcludedShareWindow: nothing,
  removeExcludedShareWindow: nothing,
  removeAllExcludedShareWindow: nothing,
  addIncludedShareWindow: nothing,
  removeIncludedShareWindow: nothing,
  removeAllIncludedShareWindow: nothing,
};
