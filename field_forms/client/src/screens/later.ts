// The Indonesian words and the looks of the screens that come later; such a screen imports this before it says anything. English is one
// file, fetched by who chooses it: nobody else should pay for it.
import { addWords } from '../i18n'
import id from '../i18n/more.id.json'
import './later.css'

addWords('id', id)
