// The dialog with the keys, and the box in it that switches single letters off (WCAG 2.1.4).

import { all } from './dom.js'

const STORED = 'laufzettel.keys'

/** Whether single letters act; a browser that stores nothing keeps them on. */
export function lettersOn() {
  try {
    return localStorage.getItem(STORED) !== 'off'
  } catch {
    return true
  }
}

/** The dialog, if the page has one. */
export const helpDialog = () => document.querySelector('dialog[data-help-dialog]')

export function showHelp() {
  const dialog = helpDialog()
  if (dialog && !dialog.open) dialog.showModal()
}

export function openHelp() {
  if (!helpDialog()) return
  all('[data-help]').forEach((button) => {
    button.hidden = false
    button.addEventListener('click', showHelp)
  })
  all('[data-keys-switch]').forEach((box) => {
    box.checked = lettersOn()
    box.addEventListener('change', () => {
      try {
        localStorage.setItem(STORED, box.checked ? 'on' : 'off')
      } catch {
        box.checked = true // nothing is stored here, so nothing changed
      }
    })
  })
}
