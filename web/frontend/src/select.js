// The box that selects all rows of a list, and how many are selected.
//   <input type="checkbox" data-select-all aria-label="Alle auswählen" hidden>
//   <output data-selected="{n} ausgewählt"></output>

import { all, onShow } from './dom.js'

export const rowBoxes = (root) => all('[data-row] input[type=checkbox]', root)

export function watchSelection() {
  onShow(() => all('[data-list]').forEach(count))
  document.addEventListener('change', ({ target }) => {
    const list = target.closest('[data-list]')
    if (!list) return
    if (target.matches('[data-select-all]')) {
      rowBoxes(list).forEach((box) => { box.checked = target.checked && !box.disabled })
    }
    count(list)
  })
}

function count(list) {
  const boxes = rowBoxes(list).filter((box) => !box.disabled)
  const chosen = boxes.filter((box) => box.checked).length
  all('[data-select-all]', list).forEach((box) => {
    box.hidden = boxes.length === 0
    box.checked = chosen > 0 && chosen === boxes.length
    box.indeterminate = chosen > 0 && chosen < boxes.length
  })
  all('[data-selected]', list).forEach((output) => {
    output.textContent = output.dataset.selected.replace('{n}', chosen)
  })
}
