// Shows and hides parts of a form by the value of a field:
//   data-hide-field="decision" data-hide-op="eq|ne" data-hide-value="reject"
// hides while the comparison holds, or one of those of data-hide-or="field op value", one a
// line. What is hidden is disabled, so it is not sent. A part may
// only depend on fields that stand before it; what must stay disabled in it lies in a fieldset.

import { all, onShow } from './dom.js'

export function watchFields() {
  onShow(() => all('form:has([data-hide-field])').forEach(apply))
  document.addEventListener('change', ({ target }) => target.form && apply(target.form))
}

function apply(form) {
  all('[data-hide-field]', form).forEach((part) => {
    const { hideField, hideOp, hideValue, hideOr = '' } = part.dataset
    const others = hideOr.split('\n').filter(Boolean).map((rule) => rule.split(' '))
    part.hidden = [[hideField, hideOp, hideValue], ...others].some(
      ([field, op, value]) => (valueOf(form, field) === value) === (op === 'eq'),
    )
    all('input, select, textarea, button', part).forEach((control) => {
      control.disabled = control.closest('[data-hide-field][hidden]') !== null
    })
  })
}

/** What would be sent: '' for nothing, 'true' or 'false' for a single checkbox. */
function valueOf(form, name) {
  const fields = all('input, select, textarea', form).filter((field) => field.name === name)
  const [first] = fields
  if (first?.type === 'checkbox' && fields.length === 1) {
    return String(first.checked && !first.disabled)
  }
  const chosen = fields.find((field) => field.type !== 'radio' || field.checked)
  return chosen && !chosen.disabled ? chosen.value : ''
}
