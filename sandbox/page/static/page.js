/* Keeps the page up to date and sends its forms without leaving it. Without this file every form works all the same. */

import { clear, fill } from "./composer.js";
import { showDialogs, showQuestion } from "./dialogs.js";
import { morph } from "./morph.js";

const RETRY_MS = 2000;
const BREATH_MS = 100;
const TYPING_MS = 900;
const NEAR_BOTTOM_PX = 80;
const here = location.pathname;
const again = here + (new URLSearchParams(location.search).has("earlier") ? "?earlier=yes" : "");
const scroll = document.querySelector(".scroll.messages");

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* Live parts */

function swap(html, { isAnswer = false } = {}) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const wasAtEnd = scroll && scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_BOTTOM_PX;
  // A form that the app did not change stays as it is, with what was typed and the errors beside it.
  const keeps = (old, next) => !isAnswer && old.dataset?.keep !== undefined && old.dataset.keep === next.dataset?.keep;
  for (const region of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(region.id);
    // What an answer said stays until the next answer, or until there is something else to say.
    const isOldNews = !isAnswer && region.hasAttribute("data-answers") && !next?.textContent;
    if (next && !isOldNews) morph(region, next, keeps);
  }
  restoreFocus();
  document.title = fresh.title;
  if (wasAtEnd) scroll.scrollTop = scroll.scrollHeight;
  showDialogs();
}

/* A focused part that is away for a while, such as a button of the clock while it moves, has the focus when it is back. */

let focused = "";
document.addEventListener("focusin", (event) => {
  focused = event.target.id;
});

function restoreFocus() {
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

function ask(url, options = {}) {
  const seen = document.hidden ? "unseen" : "seen";
  return fetch(url, { ...options, headers: { "X-Live": seen } });
}

async function refresh() {
  const response = await ask(again);
  if (response.ok) swap(await response.text());
  else if (response.status === 404) location.assign("/");
}

async function follow() {
  let revision = Number(document.body.dataset.revision);
  for (;;) {
    if (document.hidden) {
      await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
      continue;
    }
    try {
      const answer = await (await fetch(`/sandbox/changes?since=${revision}`)).json();
      if (answer.revision === revision) continue;
      revision = answer.revision;
      await refresh();
      await pause(BREATH_MS);
    } catch {
      await pause(RETRY_MS);
    }
  }
}

/* Forms */

async function send(form, data, action) {
  form.classList.add("busy");
  try {
    const hasFiles = form.enctype === "multipart/form-data";
    const response = await ask(action, { method: "POST", body: hasFiles ? data : new URLSearchParams(data) });
    await take(response, form);
  } catch {
    document.getElementById("status").textContent = "The workspace did not answer. Is it still running?";
  } finally {
    form.classList.remove("busy");
  }
}

async function take(response, form) {
  const html = await response.text();
  const question = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-question]");
  if (question) return showQuestion(question, () => form.reset());
  if (response.redirected && new URL(response.url).pathname !== here) return location.assign(response.url);
  if (response.ok && form.id === "composer") clear();
  swap(html, { isAnswer: true });
}

function press(element, value) {
  const form = element.form ?? element.closest("form");
  const data = new FormData(form);
  data.append("press", value);
  return send(form, data, form.getAttribute("action"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-act]")) return;
  event.preventDefault();
  if (form.classList.contains("busy")) return;
  const button = event.submitter;
  send(form, new FormData(form, button), button?.getAttribute("formaction") ?? form.getAttribute("action"));
  button?.closest("details.menu")?.removeAttribute("open");
});

let typing = 0;
document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-press]");
  if (!field || (field.matches("select") && !field.value)) return;
  const isTyped = field.matches("textarea, input:not([type=checkbox], [type=radio], [type=date], [type=time], [type=datetime-local])");
  if (isTyped) return;
  const isMoment = field.matches("[type=date], [type=time], [type=datetime-local]");
  clearTimeout(typing);
  // A date that is typed changes with every digit; wait until it stands.
  typing = setTimeout(() => press(field, field.dataset.press), isMoment ? TYPING_MS : 0);
});

document.addEventListener("keydown", (event) => {
  const field = event.key === "Enter" && event.target.closest?.("input[data-press]:not([type=checkbox], [type=radio])");
  if (!field) return;
  event.preventDefault();
  clearTimeout(typing);
  press(field, field.dataset.press);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-press]");
  if (link) press(link, link.dataset.press);
  const command = event.target.closest("a[data-draft]");
  if (!command) return;
  event.preventDefault();
  command.closest("details").open = false;
  fill(command.dataset.draft);
});

/* Menus: one at a time, closed by Escape or a click elsewhere */

function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("pointerdown", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  closeMenus();
  menu?.querySelector("summary").focus();
  if (location.hash === "#sidebar" || location.hash === "#tour") location.hash = "main";
});
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches("details.menu[open]")) {
      event.target.querySelector(".menu-items").scrollIntoView({ block: "nearest" });
    }
  },
  true,
);

/* The clock ticks between two answers of the server */

let shown = "";
let base = 0;
function tick() {
  const time = document.getElementById("now");
  if (time.dateTime !== shown) {
    shown = time.dateTime;
    base = Date.parse(shown) - performance.now();
  }
  const moment = new Date(base + performance.now());
  const parts = { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
  const words = moment.toLocaleString("en-US", { ...parts, timeZone: time.dataset.ticks }).replace(/\u202f/g, " ");
  if (time.textContent !== words) time.textContent = words;
}

if (scroll) scroll.scrollTop = scroll.scrollHeight;
showDialogs();
setInterval(tick, 1000);
follow();
