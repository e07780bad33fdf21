/** What all pages share: who is here, where and when they look, in which language and unit. */

import type { Unit } from "./area";
import type { Me, Region, WorkspaceRecord } from "./types";

export type Language = "en" | "zh";

export interface State {
  me: Me;
  workspace: WorkspaceRecord | null;
  regions: Region[];
  groups: Record<string, string[]>;
  region: string;
  year: number;
  language: Language;
  unit: Unit;
}

type Watcher = (changed: ReadonlySet<keyof State>) => void;

const watchers = new Set<Watcher>();

export const state: State = {
  me: { known: false, language: "en" },
  workspace: null,
  regions: [],
  groups: {},
  region: "",
  year: 0,
  language: keptLanguage(),
  unit: keptUnit(),
};

/** Change some of it, and tell who watches. */
export function change(some: Partial<State>): void {
  const changed = new Set<keyof State>();
  for (const name of Object.keys(some) as (keyof State)[]) if (state[name] !== some[name]) changed.add(name);
  Object.assign(state, some);
  if (changed.has("unit")) localStorage.setItem("tilth.unit", state.unit);
  if (changed.size) for (const watcher of [...watchers]) watcher(changed);
}

export function watch(watcher: Watcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The one chosen before, else what the browser prefers. */
function keptLanguage(): Language {
  const kept = /(?:^|; )tilth_lang=(en|zh)/.exec(document.cookie)?.[1];
  return kept === "en" || kept === "zh" ? kept : navigator.language.startsWith("zh") ? "zh" : "en";
}

function keptUnit(): Unit {
  const kept = localStorage.getItem("tilth.unit");
  return kept === "m2" || kept === "mu" ? kept : "ha";
}

/** The region of a code, where the tree knows it. */
export function regionOf(code: string): Region | undefined {
  return state.regions.find((one) => one.code === code);
}

/** Its name, or the code itself. */
export function regionName(code: string): string {
  return regionOf(code)?.name || code;
}

/** The regions right below one. */
export function below(code: string): Region[] {
  return state.regions.filter((one) => one.parent === code);
}

/** Is it worth offering? The server decides; this only keeps buttons away from who would be refused. */
export function may(action: "edit" | "submit" | "accept" | "decide" | "audit" | "administer"): boolean {
  const { may: allowed, grants } = state.me;
  return allowed ? (allowed[action] ?? []).length > 0 : (grants ?? []).length > 0;
}
