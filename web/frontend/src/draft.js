// Keeps what was typed: the form goes to its data-draft-url a moment after the last change.
// The answer's JSON says what to show: {"message": "Entwurf gespeichert 10:12"}.

import { all } from './dom.js'

const PAUSE_MS = 1_500
const FAILED = 'Der Entwurf ist nicht gespeichert. Ihre Eingaben stehen noch hier.'

export function watchDrafts() {
  all('form[data-draft-url]').forEach(watch)
}

function watch(form) {
  let timer = 0
  let changed = false
  let request = null

  const send = () => {
    clearTimeout(timer)
    if (!changed) return
    changed = false
    request?.abort()
    request = new AbortController()
    save(form, request.signal)
  }
  const later = () => {
    changed = true
    clearTimeout(timer)
    timer = setTimeout(send, PAUSE_MS)
  }

  form.addEventListener('input', later)
  form.addEventListener('change', later)
  document.addEventListener('visibilitychange', () => document.hidden && send())
  form.addEventListener('submit', () => {
    // what is signed now needs no draft, and none may arrive after it
    clearTimeout(timer)
    changed = false
    request?.abort()
  })
}

async function save(form, signal) {
  try {
    const answer = await fetch(form.dataset.draftUrl, {
      method: 'POST',
      body: contents(form),
      headers: { Accept: 'application/json' },
      redirect: 'error', // to the log-in: the session is over
      keepalive: document.hidden, // outlives the page, but takes no more than 64 kB
      signal,
    })
    const { message } = answer.status === 204 ? {} : await answer.json()
    show(form, message ?? (answer.ok ? '' : failed(form)))
  } catch (error) {
    if (error.name !== 'AbortError') show(form, failed(form))
  }
}

/** Everything of the form but files and secrets. */
function contents(form) {
  const secret = new Set(all('input[type=password]', form).map((field) => field.name))
  const entries = [...new FormData(form)].filter(
    ([name, value]) => typeof value === 'string' && !secret.has(name),
  )
  return new URLSearchParams(entries)
}

const failed = (form) => form.dataset.draftFailed ?? FAILED

function show(form, text) {
  all('[data-draft-state]', form).forEach((line) => { line.textContent = text })
}
