// The words of the screens that come later; such a screen imports this before it says anything.
import { addWords } from '../i18n'
import en from './more.en.json'
import id from './more.id.json'

addWords('id', id)
addWords('en', en)
