import './app.css'
import { render } from 'preact'
import { App } from './app'
import { restoreLang } from './i18n'
import { lazy } from './lazy'
import { countLinks, takeCode } from './router'
import { keepShell } from './update'

const code = takeCode() // before anything else: while it stands in the address it can be read over a shoulder
countLinks()
keepShell()
// Away from https the browser has no keys to give.
const Insecure = lazy(() => import('./screens/insecure').then((it) => it.InsecureScreen))
void restoreLang().then(() => render(globalThis.crypto?.subtle ? <App code={code} /> : <Insecure />, document.getElementById('app')!))
