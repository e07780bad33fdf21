/** A question that waits for an answer, and a word that does not. */

import { fill, freshId, h } from "../dom";

/** True where the first button was pressed. Escape means no. */
export function ask(title: string, said: string, yes: string, no: string): Promise<boolean> {
  const id = freshId("ask");
  const refuse = h("button", { type: "button", class: "button" }, no);
  const agree = h("button", { type: "button", class: "button strong" }, yes);
  const box = h(
    "dialog",
    { class: "ask", "aria-labelledby": id },
    h("h2", { id }, title),
    h("p", null, said),
    h("div", { class: "buttons" }, agree, refuse),
  );
  document.body.append(box);
  return new Promise((resolve) => {
    const end = (answer: boolean): void => {
      box.close();
      box.remove();
      resolve(answer);
    };
    agree.addEventListener("click", () => end(true));
    refuse.addEventListener("click", () => end(false));
    box.addEventListener("cancel", (event) => {
      event.preventDefault();
      end(false);
    });
    box.showModal();
    refuse.focus();
  });
}

const spoken = h("div", { class: "told", role: "status", "aria-live": "polite" });
let timer = 0;

/** Say something short, on screen and to screen readers. */
export function tell(said: string): void {
  if (!spoken.isConnected) document.body.append(spoken);
  fill(spoken, said);
  spoken.classList.add("on");
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    spoken.classList.remove("on");
    fill(spoken);
  }, 6000);
}
