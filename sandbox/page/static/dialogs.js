/* The app's forms as real dialogs: in front of everything, focus kept inside, Escape closes, focus returns after. */

const FOCUSABLE = "a[href], button:not([tabindex='-1']), input:not([type=hidden]), select, textarea, summary";
let opener = null;

/** Bring the dialogs that the server rendered to the front, and give focus back when the last one is gone. */
export function showDialogs() {
  const dialogs = [...document.querySelectorAll("#dialogs dialog[open]")];
  for (const dialog of dialogs.filter((each) => !each.matches(":modal"))) bringToFront(dialog);
  if (dialogs.length === 0 && opener) {
    const target = opener.isConnected ? opener : document.getElementById("composer-text");
    opener = null;
    target?.focus();
  }
}

/** Show a question that the server asks before it acts; its form is sent like any other. `denied` is called for a no. */
export function showQuestion(form, denied) {
  const dialog = document.createElement("dialog");
  dialog.className = "modal question";
  dialog.append(form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") denied();
  });
  form.addEventListener("submit", () => dialog.close("yes"));
  form.querySelector("footer a").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.setAttribute("aria-label", form.querySelector("h1").textContent);
  dialog.showModal();
  form.querySelector("footer button").focus();
}

function bringToFront(dialog) {
  const focused = document.activeElement;
  if (focused && focused !== document.body && !dialog.contains(focused)) opener ??= focused;
  dialog.close();
  dialog.showModal();
  const first = dialog.querySelector(".modal-body :is([autofocus], input, select, textarea)");
  (first ?? dialog.querySelector(".modal-body")).focus();
}

function keepFocusInside(event) {
  const dialog = event.key === "Tab" && event.target.closest?.("dialog:modal");
  if (!dialog) return;
  const stops = [...dialog.querySelectorAll(FOCUSABLE)].filter((each) => each.checkVisibility());
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

document.addEventListener("keydown", keepFocusInside);
document.addEventListener(
  "cancel",
  (event) => {
    const close = event.target.querySelector?.("[data-cancel]");
    if (!close) return;
    event.preventDefault();
    close.click();
  },
  true,
);
