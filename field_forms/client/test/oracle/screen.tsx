// A form screen over a phone that is none: `screen.html?form=worker`. The forms and the rules are served beside it as JSON.
import '../../src/app.css'
import { render } from 'preact'
import { begin } from '../../src/form/begin'
import { setLang } from '../../src/i18n'
import { FormScreen } from '../../src/screens/form'
import type { CompiledForm, Opened, Rules } from '../../src/types'
import { fakePhone } from './fake'

const asked = new URLSearchParams(location.search)
const get = async (name: string) => (await fetch(`./${name}.json`)).json()
const name = asked.get('form') ?? 'worker'
const form = (await get(name)) as CompiledForm
const known = {
  record: 'k7f3q2-7', kind: 'worker', village: '64.02.11.2005', name: 'Norsinah Kumpai', nik: '6402115207909001', born: '1990-07-12', occupation: 'rubber_tapper',
  worker: '', state: '', tick: 'merged' as const, at: 0,
  fields: { full_name: 'Norsinah Kumpai', nik: '6402115207909001', birth_date: '1990-07-12', sex: 'female', village: '64.02.11.2005', occupation: 'rubber_tapper', programs: ['JKK', 'JKM'], monthly_income: 900000, funding: 'self' },
}
const phone = fakePhone([form], (await get('rules')) as Rules, [known])
if (asked.get('lang') === 'en') await setLang('en')
const opened = asked.has('edit') ? ((await phone.open('k7f3q2-7')) as Opened) : null
const draft = await begin(phone, name, opened, undefined, { practice: asked.has('practice') })
const app = document.getElementById('app')!
function show(): void {
  render(
    <div class="screen filling">
      <FormScreen phone={phone} draft={draft} focus={asked.get('at') ?? undefined} onLeave={() => (document.title = 'left')}
        onDone={(saved) => (document.title = `done ${JSON.stringify(saved)}`)} />
    </div>, app,
  )
}
show()
/** From nothing, as when it is opened from the home screen: what that costs is measured. */
const again = () => (render(null, app), show())
Object.assign(window, { phone, again })
