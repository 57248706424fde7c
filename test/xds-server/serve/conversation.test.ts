/** Golden conversations: what a client and the snapshots say in order, and what is answered. */

import { Conversation, type StreamEvent } from "../../../xds-server/serve/conversation.js";
import type { Protocol, Reply } from "../../../xds-server/serve/discovery.js";
import { toSnapshotChanges } from "../../../xds-server/serve/snapshot-changes.js";
import { typeUrls, type Snapshot } from "../../../xds-server/snapshot/snapshot.js";
import { typeVersion } from "../../../xds-server/snapshot/type-version.js";
import { golden } from "../../golden.js";
import { toShortType, toSnapshot, type ShortType, type SmallSnapshot } from "./small-snapshot.js";

/**
 * Nonces are those of the last response of the type where a step gives none. `versionOf`: the client comes with the version
 * that these resources had as a whole.
 */
type Step =
  | { readonly snapshot: SmallSnapshot }
  | { readonly ask: ShortType | string; readonly subscribe?: string[]; readonly unsubscribe?: string[]; readonly initial?: Record<string, number> }
  | { readonly want: ShortType; readonly names?: string[]; readonly versionOf?: Record<string, number> }
  | { readonly ack: ShortType; readonly nonce?: string; readonly subscribe?: string[]; readonly unsubscribe?: string[]; readonly names?: string[] }
  | { readonly nack: ShortType; readonly message: string; readonly nonce?: string; readonly names?: string[] }
  | { readonly waitMs: number };

interface Story {
  readonly steps: readonly Step[];
}

for (const protocol of ["delta", "sotw"] as const) {
  describe(`a ${protocol} conversation`, () => {
    golden<Story>(`test/testdata/serve/${protocol}`, (story) => tell(protocol, story));
  });
}

function tell(protocol: Protocol, { steps }: Story): unknown {
  let nowMs = 0;
  let snapshot: Snapshot | undefined;
  const conversation = new Conversation({ patienceMs: 10_000 });
  const nonces = new Map<string, string>();
  const told = steps.map((step) => {
    if ("waitMs" in step) nowMs += step.waitMs;
    const event = toEvent(protocol, step, nonces, snapshot);
    if (event.kind === "snapshot") snapshot = event.snapshot;
    const replies = conversation.take(event, nowMs);
    for (const reply of replies) nonces.set(reply.typeUrl, reply.nonce);
    const { wakeInMs } = conversation;
    return {
      after: JSON.stringify(step).replaceAll('"', ""),
      replies: replies.map((reply) => toLine(protocol, reply, snapshot)),
      ...(wakeInMs === undefined ? {} : { wakeInMs }),
    };
  });
  const types = conversation.subscriptions().map((subscription) => [
    toShortType(subscription.typeUrl),
    {
      inSync: conversation.isInSync(subscription),
      held: subscription.heldCount,
      ...(subscription.nack === undefined ? {} : { nack: subscription.nack, refused: subscription.refusedNames }),
    },
  ]);
  return { told, atTheEnd: Object.fromEntries(types) };
}

function toEvent(protocol: Protocol, step: Step, nonces: ReadonlyMap<string, string>, before: Snapshot | undefined): StreamEvent {
  if ("snapshot" in step) {
    const snapshot = toSnapshot(step.snapshot);
    return { kind: "snapshot", snapshot, changes: toSnapshotChanges(before, snapshot) };
  }
  if ("waitMs" in step) return { kind: "time" };
  const { type, isAnswer, refusal } = toAnswer(step);
  const typeUrl = (typeUrls as Record<string, string>)[type] ?? type;
  const nonce = "nonce" in step && step.nonce !== undefined ? step.nonce : isAnswer || protocol === "sotw" ? (nonces.get(typeUrl) ?? "") : "";
  const common = { typeUrl, nonce, ...(refusal === undefined ? {} : { refusal }) };
  if (protocol === "sotw") {
    return {
      kind: "sotw",
      ...common,
      names: "names" in step ? (step.names ?? []) : [],
      version: "versionOf" in step && step.versionOf !== undefined ? typeVersion(toSnapshot({ [step.want]: step.versionOf }), typeUrls[step.want]) : "",
    };
  }
  return {
    kind: "delta",
    ...common,
    subscribe: "subscribe" in step ? (step.subscribe ?? []) : [],
    unsubscribe: "unsubscribe" in step ? (step.unsubscribe ?? []) : [],
    initialVersions: toVersions("initial" in step ? step.initial : undefined),
  };
}

function toVersions(small: Record<string, number> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(small).map(([name, version]) => [name, String(version)]));
}

function toAnswer(step: Exclude<Step, { snapshot: SmallSnapshot } | { waitMs: number }>): { type: string; isAnswer: boolean; refusal?: string } {
  if ("ack" in step) return { type: step.ack, isAnswer: true };
  if ("nack" in step) return { type: step.nack, isAnswer: true, refusal: step.message };
  return { type: "ask" in step ? step.ask : step.want, isAnswer: false };
}

function toLine(protocol: Protocol, reply: Reply, snapshot: Snapshot | undefined): string {
  const resources = reply.resources.map(({ name, version }) => `${name}@${version}`);
  const removed = reply.removed.length === 0 ? [] : [`gone: ${reply.removed.join(" ")}`];
  const isWhole = snapshot !== undefined && reply.version === typeVersion(snapshot, reply.typeUrl);
  const version = protocol === "delta" ? [] : [isWhole ? "(the whole)" : "(a part)"];
  return [`#${reply.nonce} ${toShortType(reply.typeUrl)}:`, ...resources, ...removed, ...version].join(" ");
}
