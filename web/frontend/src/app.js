// Smooths what works without it: every page is complete, and every action a plain form.
import { watchDrafts } from './draft.js'
import { watchFields } from './fields.js'
import { openHelp } from './help.js'
import { watchKeys } from './keys.js'
import { watchSelection } from './select.js'
import { guardSubmits } from './submit.js'
import { watchUploads } from './upload.js'

watchFields()
watchSelection()
watchDrafts()
watchUploads()
guardSubmits()
openHelp()
watchKeys()
