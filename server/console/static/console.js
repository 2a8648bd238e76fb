// What htmx does not do by itself; every page works without it.

// On a wide screen the menu stands open.
const menu = document.getElementById('menu')
if (menu && matchMedia('(min-width: 60rem)').matches) menu.open = true

// Whom somebody looked for is forgotten when he has gone (search.js).
if (!document.body.hasAttribute('hx-headers')) sessionStorage.removeItem('sambung.search')

// One drop-down at a time, closed by Escape and by a click elsewhere.
const drops = () => document.querySelectorAll('details.drop[open]')
document.addEventListener('click', (event) => {
  for (const drop of drops()) if (!drop.contains(event.target)) drop.open = false
})
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') for (const drop of drops()) drop.open = false
})

// Nothing is sent twice by an impatient second click.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.dataset.sent) return event.preventDefault()
  if (form.method === 'post' && !form.hasAttribute('hx-post')) {
    form.dataset.sent = 'yes'
    setTimeout(() => delete form.dataset.sent, 5000)
  }
})

// Keys: a page names them by data-key; they press what bears them, unless somebody types.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]')) return
  const bearer = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
  if (!bearer) return
  event.preventDefault()
  bearer.focus()
  bearer.click()
})
