// The tiles: one for each person, one large for a shared screen, placed by layout.ts.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CallControl } from './call';
import { MicOffIcon, ShareIcon } from './icons';
import { choose, plan, type Rect, type Size } from './layout';
import { initials, tint } from './rooms';
import type { Call, Member } from './state';

export function Tiles({ call, control }: { call: Call; control: CallControl }) {
  const [box, size] = useSize();
  const sharers = call.members.filter((m) => m.share);
  const sharer = sharers[sharers.length - 1];
  const names = call.part === 'listener' ? [] : [''];
  const users = [...names, ...call.members.map((m) => m.user)];
  const places = plan(size, users.length, sharer ? 'stage' : 'none');
  const seen = choose(users, places.shown, call.spokeAt);
  return (
    <div class="tiles" ref={box}>
      {users.length === 0 && !sharer && <p class="nobody">Nobody is on stage yet.</p>}
      <ul aria-label="People in the room">
        {sharer && places.stage && (
          <ShareTile key={`share ${sharer.user}`} user={sharer.user} control={control} place={places.stage} />
        )}
        {seen.map((user, i) => {
          const place = places.tiles[i];
          if (!place) return null;
          const speaking = call.speaking.includes(user);
          const member = call.members.find((m) => m.user === user);
          if (!member) return <SelfTile key="self" call={call} control={control} place={place} speaking={speaking} />;
          return (
            <MemberTile key={`user ${user}`} member={member} control={control} place={place} speaking={speaking} />
          );
        })}
        {places.more && <More hidden={users.length - seen.length} place={places.more} />}
      </ul>
    </div>
  );
}

/** useSize follows an element's size. */
function useSize(): [preact.RefObject<HTMLDivElement>, Size] {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ w: 0, h: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setSize({ w: element.clientWidth, h: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, size];
}

interface FaceProps {
  name: string;
  said: string;
  video: boolean;
  muted: boolean;
  speaking: boolean;
  place: Rect;
  mirror: boolean;
  children: preact.JSX.Element;
}

/** Face is what every person's tile has in common: the picture or the initials, the name, the signs. */
function Face({ name, said, video, muted, speaking, place, mirror, children }: FaceProps) {
  const small = place.w < 170 || place.h < 110;
  const classes = [
    'tile',
    `tint-${tint(name)}`,
    speaking && 'speaking',
    small && 'small',
    mirror && 'own',
    !video && 'dark',
  ];
  return (
    <li class={classes.filter(Boolean).join(' ')} style={placed(place)} aria-label={said}>
      {!video && (
        <span class="face" aria-hidden="true" style={faceSize(place)}>
          {initials(name)}
        </span>
      )}
      {children}
      <p class="plate" aria-hidden="true">
        {muted && (
          <span class="plate-muted">
            <MicOffIcon />
          </span>
        )}
        <span class="plate-name">{mirror ? `${name} (you)` : name}</span>
      </p>
    </li>
  );
}

function MemberTile({
  member,
  control,
  place,
  speaking,
}: {
  member: Member;
  control: CallControl;
  place: Rect;
  speaking: boolean;
}) {
  const view = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!member.video || !view.current) return;
    return control.showRemote(member.user, 'camera', view.current);
  }, [member.video, member.user, control]);
  return (
    <Face
      name={member.user}
      said={spoken(member.user, member.audio, member.video)}
      video={member.video}
      muted={!member.audio}
      speaking={speaking}
      place={place}
      mirror={false}
    >
      <div class="view" ref={view} />
    </Face>
  );
}

function SelfTile({
  call,
  control,
  place,
  speaking,
}: {
  call: Call;
  control: CallControl;
  place: Rect;
  speaking: boolean;
}) {
  const view = useRef<HTMLDivElement>(null);
  useEffect(() => {
    control.showSelf(view.current);
    return () => control.showSelf(null);
  }, [control]);
  const { camera, mic } = call.self;
  return (
    <Face
      name={call.user}
      said={spoken('You', mic === 'on', camera === 'on')}
      video={camera === 'on'}
      muted={mic !== 'on'}
      speaking={speaking}
      place={place}
      mirror={true}
    >
      <div class="view" ref={view} />
    </Face>
  );
}

function ShareTile({ user, control, place }: { user: string; control: CallControl; place: Rect }) {
  const view = useRef<HTMLDivElement>(null);
  useEffect(() => (view.current ? control.showRemote(user, 'share', view.current) : undefined), [user, control]);
  return (
    <li class="tile share" style={placed(place)} aria-label={`The screen of ${user}`}>
      <div class="view" ref={view} />
      <p class="plate" aria-hidden="true">
        <ShareIcon />
        <span class="plate-name">{user}’s screen</span>
      </p>
    </li>
  );
}

function More({ hidden, place }: { hidden: number; place: Rect }) {
  return (
    <li class="tile more" style={placed(place)} aria-label={`${hidden} more people`}>
      <span>+{hidden}</span>
    </li>
  );
}

function spoken(who: string, audio: boolean, video: boolean): string {
  return [who, audio ? '' : 'muted', video ? '' : 'camera off'].filter(Boolean).join(', ');
}

function placed(place: Rect): Record<string, string> {
  return { width: `${place.w}px`, height: `${place.h}px`, transform: `translate(${place.x}px, ${place.y}px)` };
}

/** The initials grow with their tile, within reason. */
function faceSize(place: Rect): Record<string, string> {
  const side = Math.round(Math.min(132, Math.max(40, Math.min(place.w, place.h) * 0.42)));
  return { width: `${side}px`, height: `${side}px`, fontSize: `${Math.round(side * 0.38)}px` };
}
