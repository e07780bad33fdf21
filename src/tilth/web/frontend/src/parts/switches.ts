/** Small choices of a few values, as groups of buttons that say which one is on. */

import { UNITS } from "../area";
import { h } from "../dom";
import { change, type Language, state } from "../store";
import { t } from "../words";

interface Choice<V> {
  value: V;
  label: string;
  lang?: string;
}

export function choose<V extends string>(
  label: string,
  choices: readonly Choice<V>[],
  chosen: V,
  take: (value: V) => void,
): HTMLElement {
  return h(
    "div",
    { class: "switch", role: "group", "aria-label": label },
    choices.map((one) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(one.value === chosen),
          lang: one.lang ?? null,
          onclick: () => one.value !== chosen && take(one.value),
        },
        one.label,
      ),
    ),
  );
}

/** Kept in a cookie, so that the server speaks it too. */
export function languageSwitch(): HTMLElement {
  const take = (language: Language): void => {
    document.cookie = `tilth_lang=${language}; path=/; max-age=31536000; samesite=strict`;
    change({ language });
  };
  return choose(
    t("language"),
    [
      { value: "en", label: "English", lang: "en" },
      { value: "zh", label: "中文", lang: "zh-CN" },
    ] as const,
    state.language,
    take,
  );
}

export function unitSwitch(): HTMLElement {
  return choose(
    t("unit"),
    UNITS.map((unit) => ({ value: unit, label: t(`unit.${unit}`) })),
    state.unit,
    (unit) => change({ unit }),
  );
}
