// A search for somebody stands in no address, so that Back from a person's page would find it gone. This tab alone
// remembers the last one, for a quarter of an hour; console.js forgets it as soon as nobody is signed in.

const KEY = 'sambung.search'
const MINUTES_15 = 15 * 60 * 1000
const form = document.querySelector('form.find')

const cameBack = () => {
  const how = performance.getEntriesByType('navigation')[0]
  const from = document.referrer && new URL(document.referrer)
  return how?.type === 'back_forward' || (from && from.origin === location.origin && from.pathname.startsWith(`${location.pathname}/`))
}

const fill = (fields) => {
  for (const control of form.elements) {
    if (!control.name || control.type === 'hidden') continue
    if (control.type === 'checkbox') control.checked = fields[control.name] === control.value
    else control.value = fields[control.name] ?? ''
  }
}

form.addEventListener('submit', () => {
  const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => !['csrf', 'within'].includes(name)))
  sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), page: location.href, fields }))
})

// After htmx has taken the form over, which it does when the page is read.
document.addEventListener('DOMContentLoaded', () => {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
  if (!kept || kept.page !== location.href || Date.now() - kept.at > MINUTES_15 || !cameBack()) return
  fill(kept.fields)
  form.requestSubmit()
})
