// The call: a line above, the tiles, the buttons below, and news in a corner.
import { useEffect, useState } from 'preact/hooks';
import type { CallControl } from './call';
import { Controls } from './controls';
import { CheckIcon, LinkIcon, PeopleIcon, WarnIcon, Wordmark } from './icons';
import { Notices } from './notices';
import { useShortcuts } from './shortcuts';
import type { Call } from './state';
import { Tiles } from './tiles';

export function CallScreen({ call, control }: { call: Call; control: CallControl }) {
  const [menu, setMenu] = useState(false);
  const shortcuts = useShortcuts(control, call.part, () => setMenu((open) => !open));
  return (
    <div class="call">
      <Head call={call} />
      <Connection state={call.connection} />
      <main class="call-main">
        <h1 class="unseen" tabIndex={-1} ref={focusOnce}>
          Room {call.room.id}
        </h1>
        <Tiles call={call} control={control} />
      </main>
      <Notices notices={call.notices} onRead={(id) => control.change({ type: 'read', id })} />
      <Controls call={call} control={control} menu={menu} setMenu={setMenu} shortcuts={shortcuts} />
      <Arrival call={call} />
    </div>
  );
}

/** A screen reader starts at the new screen's heading, once. */
function focusOnce(heading: HTMLElement | null): void {
  if (heading && !heading.dataset.met) {
    heading.dataset.met = 'yes';
    heading.focus({ preventScroll: true });
  }
}

function Head({ call }: { call: Call }) {
  const people = call.members.length + 1;
  return (
    <header class="head">
      <Wordmark />
      <p class="head-room" title={call.room.kind === 'number' ? 'A room with a number' : 'A room with a name'}>
        {call.room.kind === 'number' && <span class="head-kind">Room</span>}
        <strong>{call.room.id}</strong>
      </p>
      <p class="head-people" title={`${people} in the room`}>
        <PeopleIcon /> {people}
        <span class="unseen"> in the room</span>
      </p>
      <CopyLink call={call} />
    </header>
  );
}

/** How long "Copied" stays, in milliseconds. */
const COPIED_MS = 2000;

function CopyLink({ call }: { call: Call }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard?.writeText(linkTo(call)).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" class="chip" onClick={copy} aria-label="Copy a link to this room">
      {copied ? <CheckIcon /> : <LinkIcon />} <span aria-live="polite">{copied ? 'Copied' : 'Copy link'}</span>
    </button>
  );
}

/** A link for somebody else: the room and its scene, never this user's name or credential. */
function linkTo(call: Call): string {
  const here = new URL(location.href);
  const link = new URL(here.pathname, here);
  link.searchParams.set('room', String(call.room.id));
  const scene = here.searchParams.get('scene');
  if (scene) link.searchParams.set('scene', scene);
  return link.href;
}

const CONNECTION: Record<Call['connection'], string> = {
  good: '',
  lost: 'The connection is lost. Waiting for it to come back…',
  retrying: 'Reconnecting…',
  back: 'You are connected again.',
};

function Connection({ state }: { state: Call['connection'] }) {
  return (
    <div class={`connection connection-${state}`} role="status" aria-live="assertive">
      {state === 'good' ? (
        ''
      ) : (
        <p>
          {state === 'back' ? (
            <CheckIcon />
          ) : state === 'lost' ? (
            <WarnIcon />
          ) : (
            <span class="spinner" aria-hidden="true" />
          )}
          {CONNECTION[state]}
        </p>
      )}
    </div>
  );
}

/** Arrival says once, for those who do not see it, where they are and with how many. */
function Arrival({ call }: { call: Call }) {
  const [line, setLine] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => {
      const others = call.members.length;
      const company = others === 0 ? 'nobody else' : others === 1 ? 'one other person' : `${others} others`;
      setLine(`You are in room ${call.room.id} with ${company}.`);
    }, 1000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {line}
    </p>
  );
}
