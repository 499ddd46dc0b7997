// The few words that every topic uses.

/** All elements that match, as an array. */
export const all = (selector, root = document) => [...root.querySelectorAll(selector)]

/** Call now, and again when the browser shows the page from its memory or restores a form. */
export function onShow(action) {
  action()
  window.addEventListener('pageshow', action)
}
