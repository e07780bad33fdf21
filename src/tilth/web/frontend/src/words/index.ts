/** Every text of the pages, in English and in Chinese. A part of the office keeps its own in a file of its own here. */

import { state } from "../store";
import { accounts } from "./accounts";
import { acts } from "./acts";
import { admin } from "./admin";
import { check } from "./check";
import { frame } from "./frame";
import { ledger } from "./ledger";
import { map } from "./map";
import { plan } from "./plan";
import { soil } from "./soil";
import { standing } from "./standing";
import { today } from "./today";

const catalogue = { ...frame, ...today, ...map, ...accounts, ...check, ...standing, ...ledger, ...acts, ...admin, ...soil, ...plan };

/** A text in English and in Chinese: a part of the office may keep its own in a file that only its page imports. */
export type Text = readonly [english: string, chinese: string];
export type Word = keyof typeof catalogue | Text;

/** The text of `word` in the reader's language; `{name}` stands for a value. */
export function t(word: Word, values: Record<string, string | number> = {}): string {
  const [english, chinese]: Text = typeof word === "string" ? catalogue[word] : word;
  const text: string = state.language === "zh" ? chinese : english;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The text of a word that data names, or what it is called there. */
export function named(prefix: string, value: string): string {
  const word = `${prefix}.${value}`;
  return word in catalogue ? t(word as Word) : value;
}
