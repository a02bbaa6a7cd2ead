import { TRTCImageBuffer, TRTCScreenCaptureSourceInfo, TRTCScreenCaptureSourceType } from './define';

/**
 * What a page may offer to share: the browser's own picker, as one entry. Applications make an ImageData of the
 * pictures, so they have the asked-for size, at least one pixel, and nothing in them.
 */
export function shareSources(sizes: {
  thumb: [number, number];
  icon: [number, number];
}): TRTCScreenCaptureSourceInfo[] {
  const { width = 1920, height = 1080 } = globalThis.screen ?? {};
  const type = TRTCScreenCaptureSourceType.TRTCScreenCaptureSourceTypeScreen;
  const [thumb, icon] = [blank(sizes.thumb), blank(sizes.icon)];
  return [new TRTCScreenCaptureSourceInfo(type, 'screen:0', 'Screen', thumb, icon, false, width, height, true)];
}

const largest = 4096;

function blank([askedWidth, askedHeight]: [number, number]): TRTCImageBuffer {
  const [width, height] = [pixels(askedWidth), pixels(askedHeight)];
  const length = width * height * 4;
  return new TRTCImageBuffer(new ArrayBuffer(length), length, width, height);
}

function pixels(asked: number): number {
  return Math.min(largest, Math.max(1, Math.floor(asked) || 1));
}
