import { devices } from './devices';
import { log } from './log';

// Tracks that the SDK opened, of every cloud in the page.
const ours = new WeakSet<MediaStreamTrack>();

/** Marks a track as opened by the SDK, and so as the SDK's to close. */
export function claim(track: MediaStreamTrack): void {
  ours.add(track);
}

/**
 * Whoever opens a track closes it. Tracks that the application captured by itself are never touched, not even at the
 * exit; but when a light stays on because of one, the SDK is what people suspect. So those that the page shows are
 * named in the log, once the stay is over and the application has heard so (C3).
 */
export function nameStrangers(): void {
  const strangers = shown().filter((track) => track.readyState === 'live' && !ours.has(track) && captured(track));
  if (strangers.length === 0) return;
  const names = [...new Set(strangers)].map(({ kind, label }) => `${kind} "${label}"`);
  log.warn(`after the exit the application's own tracks are live; the SDK stops only its own: ${names.join(', ')}`);
}

function shown(): MediaStreamTrack[] {
  if (typeof document === 'undefined') return [];
  const elements = document.querySelectorAll<HTMLMediaElement>('video, audio');
  return [...elements].flatMap(({ srcObject }) => (srcObject as MediaStream | null)?.getTracks?.() ?? []);
}

// What arrives over a peer connection, or from a canvas, lights no lamp. It may have a deviceId too, but of no device.
function captured(track: MediaStreamTrack): boolean {
  const { deviceId = '', displaySurface } = track.getSettings();
  return displaySurface !== undefined || devices.knows(deviceId);
}
