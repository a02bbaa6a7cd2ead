// The form: who, where, and with which devices.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Wish } from './call';
import { ArrowIcon, CameraIcon, CameraOffIcon, Doorway, MicIcon, MicOffIcon, Wordmark } from './icons';
import { readRoom, readUser, roomKind } from './rooms';

interface Props {
  busy: boolean;
  refusal: string;
  needsBackEnd: boolean;
  last: Wish | undefined;
  onEnter: (wish: Wish) => void;
}

/** The TRTC scenes by their names in the address; a video call is the default (TRTCAppScene). */
const SCENES: Record<string, number> = { call: 0, live: 1, audio: 2, voice: 3 };

export function Entry({ busy, refusal, needsBackEnd, last, onEnter }: Props) {
  const address = new URLSearchParams(location.search);
  const scene = SCENES[address.get('scene') ?? 'call'] ?? 0;
  const listener = (scene === 1 || scene === 3) && address.get('role') === 'audience';
  const [user, setUser] = useState(last?.user ?? address.get('user') ?? remembered());
  const [room, setRoom] = useState(String(last?.room.id ?? address.get('room') ?? ''));
  const [mic, setMic] = useState(last?.mic ?? true);
  const [camera, setCamera] = useState(last?.camera ?? (scene === 0 || scene === 1));
  const [problems, setProblems] = useState<{ user?: string; room?: string }>({});
  const form = useRef<HTMLFormElement>(null);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const name = readUser(user);
    const place = readRoom(room);
    setProblems({ user: name.ok ? undefined : name.problem, room: place.ok ? undefined : place.problem });
    if (!name.ok || !place.ok) {
      form.current?.querySelector<HTMLInputElement>(name.ok ? '#room' : '#user')?.focus();
      return;
    }
    remember(name.value);
    const part = listener ? 'listener' : 'speaker';
    onEnter({ user: name.value, room: place.value, scene, part, mic: !listener && mic, camera: !listener && camera });
  };
  useEffect(() => {
    const empty = form.current?.querySelector<HTMLInputElement>('input[value=""], #user');
    (user
      ? room
        ? form.current?.querySelector<HTMLElement>('.enter')
        : form.current?.querySelector<HTMLElement>('#room')
      : empty
    )?.focus({ preventScroll: true });
  }, []);

  return (
    <div class="entry">
      <div class="entry-art">
        <Doorway tone="calm" />
      </div>
      <main class="entry-main">
        <form class="card" ref={form} onSubmit={submit} noValidate aria-busy={busy}>
          <Wordmark />
          <h1>{listener ? 'Listen in.' : 'Enter a room.'}</h1>
          <p class="lead">Everyone in it sees and hears you, until you leave.</p>
          <Refusal line={refusal} needsBackEnd={needsBackEnd} />
          <Field
            id="user"
            label="Your name"
            value={user}
            onInput={setUser}
            problem={problems.user}
            hint=""
            autocomplete="nickname"
          />
          <Field
            id="room"
            label="Room"
            value={room}
            onInput={setRoom}
            problem={problems.room}
            hint={roomKind(room)}
            autocomplete="off"
          />
          {!listener && (
            <div class="wishes" role="group" aria-label="Enter with">
              <WishButton on={mic} set={setMic} name="Microphone" icon={mic ? <MicIcon /> : <MicOffIcon />} />
              <WishButton
                on={camera}
                set={setCamera}
                name="Camera"
                icon={camera ? <CameraIcon /> : <CameraOffIcon />}
              />
            </div>
          )}
          <button class="button primary enter" type="submit" aria-disabled={busy}>
            {busy ? (
              <>
                <span class="spinner" aria-hidden="true" /> Entering…
              </>
            ) : (
              <>
                Enter <ArrowIcon />
              </>
            )}
          </button>
        </form>
      </main>
    </div>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  onInput: (value: string) => void;
  problem: string | undefined;
  hint: string;
  autocomplete: string;
}

function Field({ id, label, value, onInput, problem, hint, autocomplete }: FieldProps) {
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={id}
        type="text"
        value={value}
        onInput={(e) => onInput(e.currentTarget.value)}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={Boolean(problem)}
        aria-describedby={`${id}-note`}
        aria-required="true"
      />
      <p class="note" id={`${id}-note`} aria-live="polite">
        {problem ?? hint}
      </p>
    </div>
  );
}

function WishButton({
  on,
  set,
  name,
  icon,
}: {
  on: boolean;
  set: (on: boolean) => void;
  name: string;
  icon: preact.JSX.Element;
}) {
  return (
    <button type="button" class={on ? 'wish on' : 'wish'} aria-pressed={on} onClick={() => set(!on)}>
      {icon} <span>{name}</span> <span class="wish-state">{on ? 'on' : 'off'}</span>
    </button>
  );
}

function Refusal({ line, needsBackEnd }: { line: string; needsBackEnd: boolean }) {
  return (
    <div role="alert">
      {line && <p class="refusal">{line}</p>}
      {needsBackEnd && (
        <div class="refusal">
          <p>
            <strong>This server hands out no credentials.</strong> That is right for production: only your own back end
            knows who may enter.
          </p>
          <p>Let your app make a UserSig and open this page with it:</p>
          <code>?room=…&amp;user=…&amp;sdkAppId=…&amp;userSig=…</code>
        </div>
      )}
    </div>
  );
}

const NAME_KEY = 'exeunt.name';

/** A browser may forbid storage; then nothing is remembered and nothing breaks. */
function remembered(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Nothing to do: the name is only a convenience.
  }
}
