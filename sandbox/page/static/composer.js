/* The composer: suggestions while typing (an ARIA combobox), the usage of a command, and a draft for each place. */

const input = document.getElementById("composer-text");
const list = document.getElementById("completions");
const hint = document.getElementById("composer-hint");
const status = document.getElementById("status");
const draftKey = `draft:${location.pathname}`;
let items = [];
let active = -1;
let asked = null;

function wordStart() {
  const before = input.value.slice(0, input.selectionStart);
  return before.lastIndexOf(" ") + 1;
}

async function suggest() {
  asked?.abort();
  asked = new AbortController();
  const text = input.value.slice(0, input.selectionStart);
  if (!text) return show([], "");
  try {
    const url = `${input.dataset.completions}?text=${encodeURIComponent(text)}`;
    const answer = await (await fetch(url, { signal: asked.signal })).json();
    show(answer.items, answer.hint);
  } catch (error) {
    if (error.name !== "AbortError") show([], "");
  }
}

function show(found, usage) {
  items = found;
  hint.textContent = usage;
  list.replaceChildren(...items.map(option));
  list.hidden = items.length === 0;
  input.setAttribute("aria-expanded", String(items.length > 0));
  if (items.length) status.textContent = `${items.length} suggestion${items.length > 1 ? "s" : ""}`;
  activate(items.length ? 0 : -1);
}

function option(item, index) {
  const line = document.createElement("li");
  line.id = `completion-${index}`;
  line.setAttribute("role", "option");
  const label = document.createElement("b");
  label.textContent = item.label;
  const detail = document.createElement("small");
  detail.textContent = item.detail;
  line.append(label, detail);
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    accept(index);
  });
  return line;
}

function activate(index) {
  active = index;
  [...list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === index)));
  if (index < 0) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", list.children[index].id);
  list.children[index].scrollIntoView({ block: "nearest" });
}

function accept(index) {
  const start = wordStart();
  const after = input.value.slice(input.selectionStart).trimStart();
  const before = `${input.value.slice(0, start)}${items[index].insert} `;
  input.value = before + after;
  input.setSelectionRange(before.length, before.length);
  keepDraft();
  show([], "");
  suggest();
}

function isTypedOut() {
  return input.value.slice(wordStart(), input.selectionStart).toLowerCase() === items[active].insert.toLowerCase();
}

const KEYS = {
  ArrowDown: () => activate((active + 1) % items.length),
  ArrowUp: () => activate((active - 1 + items.length) % items.length),
  Tab: () => accept(active),
  Enter: () => accept(active),
  Escape: () => {
    asked?.abort(); // else what is still on its way would open them again
    show([], hint.textContent);
  },
};

function onKey(event) {
  const act = KEYS[event.key];
  if (!act || list.hidden || event.isComposing || event.shiftKey) return;
  if (event.key === "Enter" && isTypedOut()) return;
  event.preventDefault();
  act();
}

function keepDraft() {
  sessionStorage.setItem(draftKey, input.value);
}

/** Put a text into the composer, ready to be completed or sent. */
export function fill(text) {
  input.value = text;
  keepDraft();
  input.focus();
  input.setSelectionRange(text.length, text.length);
  suggest();
}

/** Empty the composer after its text was sent. */
export function clear() {
  input.value = "";
  keepDraft();
  show([], "");
}

if (input) {
  // The address keeps no draft, or a reload would bring back what was sent long ago.
  if (new URLSearchParams(location.search).has("draft")) history.replaceState(null, "", location.pathname);
  if (input.value) fill(input.value);
  else input.value = sessionStorage.getItem(draftKey) ?? "";
  input.addEventListener("input", () => {
    keepDraft();
    suggest();
  });
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => show([], hint.textContent));
}
