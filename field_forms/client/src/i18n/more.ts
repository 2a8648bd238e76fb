// The Indonesian words of the screens that come later; such a screen imports this before it says anything. English is one file, fetched
// by who chooses it: nobody else should pay for it.
import { addWords } from '../i18n'
import id from './more.id.json'

addWords('id', id)
