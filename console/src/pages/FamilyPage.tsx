import { useState } from "preact/hooks";
import { attempts } from "../api/attempts.ts";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { day, timeOfDay } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { type Me, me } from "../session/me.ts";
import { loadSpaces } from "../spaces/spaces.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useRemote } from "../ui/useRemote.ts";
import { type Group, loadGroup, type Member } from "./group.ts";
import { forgetInvitation, keepInvitation, type Pending, pendingInvitation } from "./invitation.ts";

/** Who belongs together; a giver without a group asks for one here. */
export function FamilyPage() {
  const { family } = t();
  const group = useRemote(loadGroup, []);
  const person = me.value;
  if (person === undefined) return null;
  return (
    <Page title={family.title} about={family.about} narrow>
      {group.value === undefined && <Waiting error={group.error} retry={group.reload} />}
      {group.value === null &&
        (person.role === "care_giver" ? (
          <Invite
            person={person}
            onJoined={(joined) => {
              group.set(joined);
              void loadSpaces();
            }}
          />
        ) : (
          <AwaitInvitation person={person} />
        ))}
      {group.value && (
        <Members
          group={group.value}
          person={person}
          onLeft={() => {
            group.reload();
            void loadSpaces();
          }}
        />
      )}
    </Page>
  );
}

function AwaitInvitation({ person }: { readonly person: Me }) {
  return (
    <Notice>
      <p>{t().family.recipientWaits}</p>
      {person.email !== null && <p>{t().family.recipientAddress(person.email)}</p>}
    </Notice>
  );
}

function Members({
  group,
  person,
  onLeft,
}: {
  readonly group: Group;
  readonly person: Me;
  readonly onLeft: () => void;
}) {
  const { family } = t();
  const [leaving, setLeaving] = useState<Member>();
  const isRecipient = group.recipient.id === person.id;
  return (
    <>
      <section class="card stack" aria-label={family.members}>
        <ul class="list">
          <MemberRow member={group.recipient} role={family.recipient} isMe={isRecipient} />
          {group.givers.map((giver) => (
            <MemberRow
              key={giver.id}
              member={giver}
              role={family.giver}
              isMe={giver.id === person.id}
              {...(isRecipient || giver.id === person.id ? { onRemove: () => setLeaving(giver) } : {})}
            />
          ))}
        </ul>
        <p class="dim small">{family.since(day(group.createdAt))}</p>
      </section>
      {leaving !== undefined && (
        <Leave
          member={leaving}
          isMe={leaving.id === person.id}
          onClose={() => setLeaving(undefined)}
          onLeft={() => {
            setLeaving(undefined);
            onLeft();
          }}
        />
      )}
    </>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly role: string;
  readonly isMe: boolean;
  readonly onRemove?: () => void;
}

function MemberRow({ member, role, isMe, onRemove }: MemberRowProps) {
  const { family } = t();
  return (
    <li class="row row-between">
      <span>
        <strong>{member.name ?? member.email ?? family.unnamed}</strong>
        {isMe && <span class="dim"> · {family.you}</span>}
        <br />
        <span class="dim small">{role}</span>
      </span>
      {onRemove !== undefined && (
        <button type="button" class="button button-quiet" onClick={onRemove}>
          {isMe ? family.leave : family.remove}
        </button>
      )}
    </li>
  );
}

interface LeaveProps {
  readonly member: Member;
  readonly isMe: boolean;
  readonly onClose: () => void;
  readonly onLeft: () => void;
}

function Leave({ member, isMe, onClose, onLeft }: LeaveProps) {
  const { family } = t();
  const action = useAction();
  const leave = () =>
    action.run(async () => {
      answered(await api.DELETE("/v1/group/members/{userId}", { params: { path: { userId: member.id } } }));
      onLeft();
    });
  return (
    <Confirm
      title={isMe ? family.leaveTitle : family.removeTitle(member.name ?? member.email ?? family.unnamed)}
      action={isMe ? family.leave : family.remove}
      busy={action.busy}
      onConfirm={leave}
      onClose={onClose}
    >
      <p>{family.leaveAbout}</p>
      <Problem error={action.error} />
    </Confirm>
  );
}

const inviteAttempts = attempts();

function Invite({ person, onJoined }: { readonly person: Me; readonly onJoined: (group: Group) => void }) {
  const [pending, setPending] = useState(() => pendingInvitation(person.id, new Date()));
  const keep = (invitation: Pending) => {
    keepInvitation(invitation);
    setPending(invitation);
  };
  const forget = () => {
    forgetInvitation();
    setPending(undefined);
  };
  if (pending === undefined) return <AskAddress person={person} onSent={keep} />;
  return (
    <AskCode
      key={pending.id}
      pending={pending}
      onAgain={forget}
      onJoined={(group) => {
        forget();
        onJoined(group);
      }}
    />
  );
}

function AskAddress({
  person,
  onSent,
}: {
  readonly person: Me;
  readonly onSent: (pending: Pending) => void;
}) {
  const { family } = t();
  const [email, setEmail] = useState("");
  const action = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { recipientEmail: email.trim() };
    action.run(() =>
      inviteAttempts.send(body, async (key) => {
        const { id, expiresAt } = answered(
          await api.POST("/v1/invitations", { body, params: { header: { "idempotency-key": key } } }),
        );
        onSent({ id, expiresAt, email: body.recipientEmail, userId: person.id });
      }),
    );
  };
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>{family.inviteTitle}</h2>
      <p>{family.inviteAbout}</p>
      <Field
        label={family.address}
        type="email"
        value={email}
        onChange={setEmail}
        autoComplete="off"
        required
      />
      <Problem error={action.error} />
      <div>
        <button type="submit" class="button button-main" disabled={action.busy || email.trim() === ""}>
          <Icon name="mail" />
          {family.sendCode}
        </button>
      </div>
    </form>
  );
}

interface AskCodeProps {
  readonly pending: Pending;
  readonly onAgain: () => void;
  readonly onJoined: (group: Group) => void;
}

function AskCode({ pending, onAgain, onJoined }: AskCodeProps) {
  const { family } = t();
  const [code, setCode] = useState("");
  const action = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { code: code.trim() };
    action.run(() =>
      inviteAttempts.send({ ...body, id: pending.id }, async (key) => {
        const params = { path: { id: pending.id }, header: { "idempotency-key": key } };
        onJoined(answered(await api.POST("/v1/invitations/{id}/confirm", { body, params })));
      }),
    );
  };
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>{family.codeTitle}</h2>
      <p>{family.codeAbout(pending.email, timeOfDay(pending.expiresAt))}</p>
      <Field
        label={family.code}
        hint={family.codeHint}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        maxLength={64}
        required
      />
      <Problem error={action.error} />
      <div class="row">
        <button type="submit" class="button button-main" disabled={action.busy || code.trim() === ""}>
          {family.confirm}
        </button>
        <button type="button" class="button button-quiet" onClick={onAgain}>
          {family.otherAddress}
        </button>
      </div>
    </form>
  );
}
