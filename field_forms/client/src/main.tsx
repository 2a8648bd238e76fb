import './app.css'
import { render } from 'preact'
import { App } from './app'
import { restoreLang } from './i18n'
import { countLinks, takeCode } from './router'
import { keepShell } from './update'

const code = takeCode() // before anything else: while it stands in the address it can be read over a shoulder
countLinks()
keepShell()
void restoreLang().then(() => render(<App code={code} />, document.getElementById('app')!))
