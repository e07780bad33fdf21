/** The start: who is here, what the workspace holds, then the page that the address names. */

import "./style.css";
import { get, send, signedOut } from "./api";
import { drawFrame, drawHeader, drawPage } from "./frame";
import { learnClasses } from "./map/record";
import { drawSignIn } from "./signin";
import { note, start } from "./router";
import { change, state, watch } from "./store";
import type { Me, Region, WorkspaceRecord } from "./types";

async function open(): Promise<void> {
  const key = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (key) history.replaceState(null, "", location.pathname + location.search);
  try {
    const me = key
      ? await send<Me>("POST", "/session", { json: { key: decodeURIComponent(key) } })
      : await get<Me>("/me");
    await enter(me);
  } catch (error) {
    await wayIn(error);
  }
}

/** The way in, with what the server offers there. */
async function wayIn(error: unknown, ended = false): Promise<void> {
  const me = await get<Me>("/me").catch(() => ({ known: false, language: state.language }));
  change({ me: me.known ? { known: false, language: me.language } : me });
  drawSignIn(enter, error, ended);
}

/** Go on as `me`: the frame and the page where somebody is known, else the way in. */
async function enter(me: Me): Promise<void> {
  change({ me });
  if (!me.known) {
    drawSignIn(enter, null);
    return;
  }
  const [workspace, tree] = await Promise.all([
    get<WorkspaceRecord>("/workspace").catch((error: unknown) => partOf(me, error)),
    get<{ regions: Region[]; groups: Record<string, string[]> }>("/regions").catch(() => ({ regions: ownRegions(me), groups: {} })),
    learnClasses(),
  ]);
  change({ workspace, regions: tree.regions, groups: tree.groups });
  place();
  drawFrame();
}

/** What somebody sees who may look at some regions only. */
async function partOf(me: Me, error: unknown): Promise<WorkspaceRecord> {
  const region = me.may?.["read"]?.[0];
  if (!region) throw error;
  const { years } = await get<{ years: number[] }>("/map");
  return { region, name: region, years, stored: [] };
}

function ownRegions(me: Me): Region[] {
  return (me.may?.["read"] ?? []).map((code) => ({ code, name: code, level: "", parent: null, depth: 0 }));
}

/** Region and year of the address, else the workspace's own and the newest survey. */
function place(): void {
  const asked = new URLSearchParams(location.search);
  const years = state.workspace?.years ?? [];
  const year = Number(asked.get("year"));
  const region = asked.get("region") ?? "";
  change({
    year: years.includes(year) ? year : Math.max(0, ...years),
    region: state.regions.some((one) => one.code === region) ? region : (state.workspace?.region ?? ""),
  });
}

function speak(): void {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
}

watch((changed) => {
  if (changed.has("language")) {
    speak();
    if (state.me.known && state.workspace) drawFrame();
  } else if (changed.has("unit")) drawPage();
  else if ((changed.has("region") || changed.has("year")) && document.getElementById("page")) {
    note({ region: state.region, year: state.year ? String(state.year) : null });
    drawFrame();
  } else if (changed.has("workspace") || changed.has("regions")) drawHeader();
});

signedOut.then = () => {
  change({ me: { known: false, language: state.language } });
  void wayIn(null, true);
};

start(() => {
  if (!state.me.known) return;
  place();
  drawPage(true);
});
speak();
void open();
