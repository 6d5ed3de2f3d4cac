/* Changes a part of the page into its newer form while keeping what is the same: focus, drafts, scroll, open menus. */

const OWN_STATE = new Set(["open", "data-swapped"]);

/** Turn `old` into `fresh`; `keeps(old, fresh)` may say that a part stays as it is. */
export function morph(old, fresh, keeps = () => false) {
  if (old.isEqualNode(fresh) || keeps(old, fresh)) return;
  if (!isSameKind(old, fresh)) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  copyAttributes(old, fresh);
  morphChildren(old, fresh, keeps);
}

function isSameKind(old, fresh) {
  return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id ?? "") === (fresh.id ?? "");
}

function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN_STATE.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !OWN_STATE.has(name)) old.setAttribute(name, value);
  }
}

function morphChildren(parent, fresh, keeps) {
  const byId = new Map([...parent.children].filter((child) => child.id).map((child) => [child.id, child]));
  let cursor = parent.firstChild;
  for (const next of [...fresh.childNodes]) {
    const match = next.id ? byId.get(next.id) : cursor && !cursor.id && isSameKind(cursor, next) ? cursor : null;
    if (!match) {
      parent.insertBefore(next, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(match, cursor);
    morph(match, next, keeps);
  }
  while (cursor) {
    const rest = cursor.nextSibling;
    cursor.remove();
    cursor = rest;
  }
}
