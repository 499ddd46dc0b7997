// Keys. In a list: j and k move, x selects, Enter opens (the row's link has the focus).
// Anywhere: / searches, ? helps, and a letter presses the button or link with that data-key.
// f goes to the first thing that a form still needs. Ctrl+Enter signs from within the form
// data-sign, with Shift and then opens the next. Letters are dead inside fields and dialogs.

import { all } from './dom.js'
import { lettersOn, showHelp } from './help.js'
import { rowBoxes } from './select.js'

const LETTERS = {
  j: () => move(1),
  k: () => move(-1),
  x: select,
  f: toForm,
  '/': search,
  '?': showHelp,
}

export function watchKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || document.querySelector('dialog[open]')) return
    const handled = event.key === 'Enter' ? signs(event) : presses(event)
    if (handled) event.preventDefault()
  })
}

function presses(event) {
  const { key, target } = event
  if (event.ctrlKey || event.altKey || event.metaKey || isField(target) || !lettersOn()) return false
  if (Object.hasOwn(LETTERS, key)) return LETTERS[key]() !== false
  return /^[a-z]$/.test(key) && !event.repeat && act(key)
}

/** Whether letters are typed into the element. */
function isField(element) {
  const typed = 'input:not([type=checkbox], [type=radio], [type=button], [type=submit])'
  return element.matches(`${typed}, textarea, select`) || element.isContentEditable
}

const rows = () => all('[data-row]').filter((row) => row.querySelector('[data-row-link]'))
const current = () => document.activeElement?.closest('[data-row]')

function move(step) {
  const list = rows()
  const at = list.indexOf(current())
  const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step
  if (!list[next]) return false
  list[next].querySelector('[data-row-link]').focus()
  list[next].scrollIntoView({ block: 'nearest' })
  return true
}

function select() {
  const box = current()?.querySelector('input[type=checkbox]:not(:disabled)')
  if (!box) return false
  box.checked = !box.checked
  box.dispatchEvent(new Event('change', { bubbles: true }))
  return true
}

function search() {
  const field = document.querySelector('[data-search]')
  if (!field) return false
  field.focus()
  field.select()
  return true
}

/** Focus the first field that is needed and empty, else the first box that is not ticked. */
function toForm() {
  const form = document.querySelector('form[data-sign]')
  if (!form) return false
  const open = all('input:not([type=hidden]), select, textarea', form).filter(
    (each) => !each.disabled && !each.readOnly && each.checkVisibility(),
  )
  const needs = (each) => !each.value && !each.labels[0]?.querySelector('.kern-label__optional')
  const target =
    open.find((each) => !['checkbox', 'radio'].includes(each.type) && needs(each)) ??
    open.find((each) => each.type === 'checkbox' && !each.checked) ??
    open[0]
  target?.focus()
  target?.scrollIntoView({ block: 'nearest' })
  return target !== undefined
}

/** Press what has the key; in a list, for the row with the focus where none is selected. */
function act(key) {
  const target = all(`[data-key="${key}"]`).find((each) => !each.disabled && each.checkVisibility())
  if (!target) return false
  const list = target.closest('[data-list]')
  if (list && !rowBoxes(list).some((box) => box.checked) && !select()) return false
  target.click()
  return true
}

function signs(event) {
  if (!event.ctrlKey && !event.metaKey) return false
  // from a link Ctrl+Enter opens a tab, so only from within the form, or from nowhere
  const { target } = event
  const signing = 'form[data-sign]'
  const form = target === document.body ? document.querySelector(signing) : target.closest(signing)
  if (!form) return false
  const next = event.shiftKey && form.querySelector('button[name=then]')
  const button = next || (form.querySelector('[data-sign-button]') ?? form.querySelector('button'))
  if (!button || button.disabled || event.repeat) return false
  form.requestSubmit(button)
  return true
}
