import { Emitter } from '../emitter';
import { TXLiteAVError } from '../errors';

/** For each method, a function that makes what it returns: a value that does not break its caller. */
export type Neutral<Members> = {
  readonly [Name in keyof Members]: Members[Name] extends (...args: any[]) => infer Value ? () => Value : never;
};

/** A class whose instances emit events and have the given methods. */
export type UnsupportedClass<Members> = new (...args: any[]) => Emitter & Members;

const missing = new WeakSet<object>();

/** Whether a method is one that reports itself as not supported. */
export function isUnsupported(method: object): boolean {
  return missing.has(method);
}

/**
 * Makes a class whose methods say that they are not supported, and return their neutral value.
 * They are made from a table: the one list of what is missing, for the types and for the documents.
 */
export function unsupportedClass<Members>(owner: string, neutral: Neutral<Members>): UnsupportedClass<Members> {
  class Unsupported extends Emitter {}
  for (const [member, value] of Object.entries<() => unknown>(neutral)) {
    const method = function (this: Emitter): unknown {
      report(this, `${owner}.${member}`);
      return value();
    };
    missing.add(method);
    Object.defineProperty(Unsupported.prototype, member, { configurable: true, writable: true, value: method });
  }
  return Unsupported as unknown as UnsupportedClass<Members>;
}

// Never silent: a warning for the developer, an event for the application.
function report(emitter: Emitter, member: string): void {
  const message = `${member} is not supported`;
  console.warn(`[TRTC] ${message}`);
  emitter.fire('onError', TXLiteAVError.ERR_NOT_SUPPORTED, message);
}

/** The result of a call whose result is 0 or an error number. */
export const refused = (): number => TXLiteAVError.ERR_NOT_SUPPORTED;
export const nothing = (): void => {};
export const zero = (): number => 0;
export const no = (): boolean => false;
export const none = (): null => null;
