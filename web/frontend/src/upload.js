// Sends chosen or dropped files one by one, says how far it is, and collects what became of each.
// The answer is the page that a plain form gets; its list of outcomes goes on where it stands.

import { all } from './dom.js'

export function watchUploads() {
  all('form[data-upload]').forEach(watch)
}

function watch(form) {
  const input = form.querySelector('input[type=file]')
  const drop = form.querySelector('[data-upload-drop]')
  all('[data-upload-plain]', form).forEach((part) => { part.hidden = true })
  all('[data-upload-smooth]', form).forEach((part) => { part.hidden = false })
  const told = () => sayChosen(form, input)
  input.addEventListener('change', told)
  acceptDrops(drop, input, told)
  form.addEventListener('submit', (event) => {
    if (!input.files.length) return
    event.preventDefault()
    if (!form.hasAttribute('data-sending')) sendAll(form, input).finally(told)
  })
  window.addEventListener('beforeunload', (event) => {
    if (form.hasAttribute('data-sending')) event.preventDefault()
  })
}

function acceptDrops(drop, input, told) {
  const over = (is) => drop.toggleAttribute('data-upload-over', is)
  drop.addEventListener('dragover', (event) => {
    event.preventDefault()
    over(true)
  })
  drop.addEventListener('dragleave', () => over(false))
  drop.addEventListener('drop', (event) => {
    event.preventDefault()
    over(false)
    input.files = listOf([...input.files, ...event.dataTransfer.files])
    told()
  })
}

async function sendAll(form, input) {
  const files = [...input.files]
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1
  const left = []
  let sent = 0
  let usable = true
  mark(form, true)
  all('[data-upload-again]').forEach((row) => row.remove()) // they are tried once more now
  for (const [index, file] of files.entries()) {
    showProgress(form, index, files.length, sent / total)
    const rows = usable ? await send(form, file, (part) => {
      showProgress(form, index, files.length, (sent + part) / total)
    }) : null
    // the session is over or the line is down: the next would fail alike
    usable = rows !== null
    const shown = rows ?? [failedRow(file)]
    shown.forEach(addRow)
    if (shown.some((row) => row.matches('[data-upload-again]'))) left.push(file)
    sent += file.size
  }
  showProgress(form, files.length - left.length, files.length, 1)
  mark(form, false)
  input.files = listOf(left)
  document.getElementById('ergebnis')?.focus()
}

/** The rows about one file from the page that answers; null when it did not arrive. */
function send(form, file, onPart) {
  const data = new FormData(form)
  data.delete('dateien')
  data.append('dateien', file, file.name)
  return new Promise((resolve) => {
    const request = new XMLHttpRequest() // fetch does not say how much is sent
    request.open('POST', form.action)
    request.upload.addEventListener('progress', ({ loaded }) => onPart(Math.min(loaded, file.size)))
    request.addEventListener('error', () => resolve(null))
    request.addEventListener('load', () => {
      const page = new DOMParser().parseFromString(request.responseText, 'text/html')
      const rows = all('[data-upload-list] > li', page)
      resolve(request.status === 200 && rows.length ? rows : null)
    })
    request.send(data)
  })
}

function failedRow(file) {
  const row = document.querySelector('template[data-upload-failed]').content.cloneNode(true)
  row.querySelector('strong').textContent = file.name
  return row.firstElementChild
}

/** What needs somebody's hand stands first. */
function addRow(row) {
  const list = document.querySelector('[data-upload-list]')
  if (row.dataset.uploadKind === 'refused') list.prepend(row)
  else list.append(row)
  const box = document.querySelector('[data-upload-outcome]')
  box.hidden = false
  const summary = box.querySelector('[data-upload-summary]')
  const count = (kind) => list.querySelectorAll(`[data-upload-kind=${kind}]`).length
  summary.textContent = filled(summary.dataset.uploadSummary, {
    taken: count('taken'), known: count('known'), refused: count('refused'),
  })
}

function showProgress(form, done, total, share) {
  const box = form.querySelector('[data-upload-progress]')
  box.hidden = false
  const label = box.querySelector('[data-upload-count]')
  label.textContent = filled(label.dataset.uploadCount, { done, total })
  box.querySelector('progress').value = share
}

function sayChosen(form, input) {
  const line = form.querySelector('[data-upload-chosen]')
  const bytes = [...input.files].reduce((sum, file) => sum + file.size, 0)
  const mb = (bytes / 1048576).toLocaleString(document.documentElement.lang, {
    maximumFractionDigits: 1,
  })
  const text = filled(line.dataset.uploadChosen, { n: input.files.length, mb })
  line.textContent = input.files.length ? text : ''
}

function mark(form, sending) {
  form.toggleAttribute('data-sending', sending)
  all('button[type=submit]', form).forEach((button) => {
    if (sending) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  })
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])

function listOf(files) {
  const transfer = new DataTransfer()
  files.forEach((file) => transfer.items.add(file))
  return transfer.files
}
