// A second click does not send a form twice. The server has its own guard against that.

import { all } from './dom.js'

/** After this long the answer was a download, or is not coming: the buttons work again. */
const RELEASE_MS = 15_000

export function guardSubmits() {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || (event.submitter?.formMethod || form.method) !== 'post') return
    if (form.hasAttribute('data-sending')) return event.preventDefault()
    mark(form, true)
    setTimeout(() => mark(form, false), RELEASE_MS)
  })
  // back from the next page, which the browser may show from its memory
  window.addEventListener('pageshow', () => {
    all('form[data-sending]').forEach((form) => mark(form, false))
  })
}

/** Say on the form and on its buttons that it is on its way, or that it no longer is. */
function mark(form, sending) {
  form.toggleAttribute('data-sending', sending)
  for (const button of form.elements) {
    if (button.type !== 'submit') continue
    // not `disabled`: that takes the focus away, and Firefox keeps it over a reload
    if (sending) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  }
}
