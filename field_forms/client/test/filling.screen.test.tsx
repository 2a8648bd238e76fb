// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { BeginScreen } from '../src/screens/filling'
import { PhoneFull } from '../src/types'
import { registration } from './forms'
import { fakePhone } from './oracle/fake'

const wrong = { seq: 4, kind: 'worker', record: 'k7f3q2-7', village: '64.02.11.2005', at: '2026-11-20T08:11:12.003Z', form: 'worker@2', fields: { full_name: 'Norsinah', nik: '12' } }

beforeEach(() => {
  document.body.innerHTML = '<div id="app"></div>'
  Object.assign(window, { scrollTo: () => {} })
})

describe('what came back to be corrected', () => {
  it('is corrected in the form of its kind where a screen wrote it without one', async () => {
    const phone = fakePhone([registration()], null)
    phone.forms = async () => [{ name: 'worker', version: 3, kind: 'worker', does: 'create', title: {} }]
    phone.change = async () => ({ change: { ...wrong, form: 'chosen@1' }, result: null })
    phone.open = async () => null
    await act(async () => render(<BeginScreen phone={phone} what="correct" of={['4']} query={{}} />, document.getElementById('app')!))
    for (let turn = 0; turn < 50 && !phone.kept.length; turn++) await act(async () => new Promise((resolve) => setTimeout(resolve, 5)))
    expect(phone.kept[0]).toMatchObject({ form: 'worker@3', corrects: 4 })
  })

  it('is corrected in the newest version where the one it was filled in with is no more on the phone', async () => {
    const phone = fakePhone([registration()], null)
    phone.forms = async () => []
    phone.change = async () => ({ change: wrong, result: null })
    phone.open = async () => null
    await act(async () => render(<BeginScreen phone={phone} what="correct" of={['4']} query={{}} />, document.getElementById('app')!))
    for (let turn = 0; turn < 50 && !phone.kept.length; turn++) await act(async () => new Promise((resolve) => setTimeout(resolve, 5)))
    expect(phone.kept[0]).toMatchObject({ form: 'worker@3', corrects: 4 })
    expect(phone.kept[0]!.answers.who).toMatchObject({ full_name: 'Norsinah', nik: '12' })
  })
})

describe('a form that is still on its way', () => {
  it('opens by itself when it is here', async () => {
    const phone = fakePhone([registration()], null)
    let heard = () => {}
    phone.subscribe = (tell) => ((heard = tell), () => {})
    phone.forms = async () => []
    await act(async () => render(<BeginScreen phone={phone} what="new" of={['worker']} query={{}} />, document.getElementById('app')!))
    await act(async () => new Promise((resolve) => setTimeout(resolve, 20)))
    expect(document.querySelector('h1')?.textContent).toContain('belum ada di HP')
    const { name, version, kind, does, title } = registration()
    phone.forms = async () => [{ name, version, kind, does, title }]
    await act(async () => heard())
    for (let turn = 0; turn < 50 && !phone.kept.length; turn++) await act(async () => new Promise((resolve) => setTimeout(resolve, 5)))
    expect(phone.kept[0]).toMatchObject({ form: 'worker@3', record: null })
  })
})

it('a form that the full phone has no room to begin is not said to be missing', async () => {
  const phone = fakePhone([registration()], null)
  phone.forms = async () => [{ name: 'worker', version: 3, kind: 'worker', does: 'create', title: {} }]
  phone.trouble = new PhoneFull()
  await act(async () => render(<BeginScreen phone={phone} what="new" of={['worker']} query={{}} />, document.getElementById('app')!))
  for (let turn = 0; turn < 50 && !document.querySelector('.banner'); turn++) await act(async () => new Promise((resolve) => setTimeout(resolve, 5)))
  expect(document.body.textContent).toContain('Penyimpanan HP penuh')
})
