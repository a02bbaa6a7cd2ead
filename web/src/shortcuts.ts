// Keys for the buttons. Single letters can be turned off (WCAG 2.1.4), and typing never triggers them.
import { useEffect, useState } from 'preact/hooks';
import type { CallControl } from './call';
import type { Call } from './state';

export const KEYS = { mic: 'M', camera: 'V', share: 'S', devices: 'D', leave: 'Shift+L' } as const;

const STORED = 'exeunt.shortcuts';

export interface Shortcuts {
  on: boolean;
  set: (on: boolean) => void;
}

/** useShortcuts listens while the call is on screen. */
export function useShortcuts(control: CallControl, part: Call['part'], devices: () => void): Shortcuts {
  const [on, setOn] = useState(stored);
  useEffect(() => {
    if (!on) return;
    const pressed = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (!action || (part === 'listener' && !['leave', 'devices'].includes(action))) return;
      event.preventDefault();
      if (action === 'mic') control.toggleMic();
      if (action === 'camera') control.toggleCamera();
      if (action === 'share') control.toggleShare();
      if (action === 'devices') devices();
      if (action === 'leave') control.leave();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [on, control, part]);
  const set = (wanted: boolean) => {
    store(wanted);
    setOn(wanted);
  };
  return { on, set };
}

function actionOf(event: KeyboardEvent): keyof typeof KEYS | undefined {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return undefined;
  const pressed = (event.shiftKey ? 'Shift+' : '') + event.key.toUpperCase();
  return (Object.keys(KEYS) as Array<keyof typeof KEYS>).find((action) => KEYS[action] === pressed);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input[type="text"], select, textarea') !== null;
}

function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'off';
  } catch {
    return true;
  }
}

function store(on: boolean): void {
  try {
    localStorage.setItem(STORED, on ? 'on' : 'off');
  } catch {
    // Without storage the choice lasts for this call only.
  }
}
