// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { App } from '../src/app'

vi.mock('../src/phone', async (original) => ({ ...(await original<object>()), phoneState: () => Promise.reject(new Error('VersionError')) }))
afterEach(() => vi.unstubAllGlobals())

async function shown(): Promise<string> {
  document.body.innerHTML = '<div id="app"></div>'
  Object.assign(window, { scrollTo: () => {} })
  const app = document.getElementById('app')!
  await act(async () => render(<App code={null} />, app))
  for (let turn = 0; turn < 200 && !app.querySelector('.banner'); turn++) await act(async () => new Promise((resolve) => setTimeout(resolve, 5)))
  const text = app.textContent!
  await act(async () => render(null, app))
  return text
}

it('an app that can’t open its storage says so, and that nothing was erased', async () => {
  const text = await shown()
  expect(text).toContain('Penyimpanan aplikasi tidak bisa dibuka')
  expect(text).toContain('tidak dihapus')
})

it('an app away from https says where it opens', async () => {
  vi.stubGlobal('crypto', {})
  const text = await shown()
  expect(text).toContain('tidak memakai https')
  expect(text).toContain('https://')
})
