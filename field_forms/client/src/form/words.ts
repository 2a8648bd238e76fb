import { addWords } from '../i18n'
import en from './words.en.json'
import id from './words.id.json'

addWords('id', id)
addWords('en', en)
