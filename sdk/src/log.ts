import { TRTCLogLevel } from './define';

/** What an application hands to setLogCallback. */
export type LogCallback = ((text: string, level: TRTCLogLevel, module: string) => void) | null | undefined;

const settings: { level: TRTCLogLevel; console: boolean; callback: LogCallback } = {
  level: TRTCLogLevel.TRTCLogLevelWarn,
  console: true,
  callback: null,
};

/** Which lines are worth writing; setLogLevel. */
export function setLevel(level: TRTCLogLevel): void {
  settings.level = level;
}

/** Whether lines go to the console; setConsoleEnabled. */
export function setConsole(state: 'on' | 'off'): void {
  settings.console = state === 'on';
}

/** Who else gets the lines; setLogCallback. */
export function setCallback(callback: LogCallback): void {
  settings.callback = callback;
}

/** The log of the SDK, one for the page. It never has tokens or addresses in it. */
export const log = {
  info: (text: string) => write(TRTCLogLevel.TRTCLogLevelInfo, text),
  warn: (text: string, cause?: unknown) => write(TRTCLogLevel.TRTCLogLevelWarn, text, cause),
  error: (text: string, cause?: unknown) => write(TRTCLogLevel.TRTCLogLevelError, text, cause),
};

function write(level: TRTCLogLevel, text: string, cause?: unknown): void {
  if (level < settings.level) return;
  const line = cause === undefined ? text : `${text}: ${cause}`;
  if (settings.console) print(level)(`[TRTC] ${line}`);
  settings.callback?.(line, level, 'exeunt');
}

function print(level: TRTCLogLevel): (line: string) => void {
  if (level >= TRTCLogLevel.TRTCLogLevelError) return console.error;
  return level === TRTCLogLevel.TRTCLogLevelWarn ? console.warn : console.info;
}
