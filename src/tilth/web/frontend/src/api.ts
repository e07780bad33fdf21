/** The server, asked. A refusal comes back as `Refused`, with its sentence and its remedy in the reader's language. */

import { state } from "./store";
import type { ProblemRecord } from "./types";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly record: ProblemRecord,
  ) {
    super(record.title);
  }
}

export type Query = Record<string, string | number | null | undefined>;

/** Called where the server does not know who asks. */
export const signedOut: { then: () => void } = { then: () => undefined };

export function address(path: string, query: Query = {}): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") asked.set(name, String(value));
  }
  const tail = asked.toString();
  return `/api/v1${path}${tail ? `?${tail}` : ""}`;
}

/** Look at something. */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return answer<T>(await fetch(address(path, query), { ...(signal ? { signal } : {}), headers: spoken() }));
}

export interface Sending {
  query?: Query;
  json?: unknown;
  form?: FormData;
  /** Asked twice with one key, a write is done once. */
  key?: string;
}

/** Change something. */
export async function send<T>(method: "POST" | "PUT" | "DELETE", path: string, sending: Sending = {}): Promise<T> {
  const headers: Record<string, string> = { ...spoken(), "X-CSRF-Token": state.me.csrf ?? "" };
  headers["Idempotency-Key"] = sending.key ?? freshKey();
  let body: BodyInit | null = sending.form ?? null;
  if (sending.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(sending.json);
  }
  return answer<T>(await fetch(address(path, sending.query), { method, headers, body }));
}

function spoken(): Record<string, string> {
  return { Accept: "application/json", "Accept-Language": state.language === "zh" ? "zh-CN" : "en" };
}

export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) {
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }
  const record = await problemOf(response);
  if (response.status === 401 && state.me.known) signedOut.then();
  throw new Refused(response.status, record);
}

async function problemOf(response: Response): Promise<ProblemRecord> {
  try {
    const said = (await response.json()) as ProblemRecord;
    if (typeof said.title === "string") return said;
  } catch {
    // Not from us: a proxy, or nothing at all.
  }
  return { code: "WEB-ANSWER", title: `HTTP ${response.status} ${response.statusText}`, detail: "", status: response.status };
}
