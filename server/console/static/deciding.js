// Keys of the desks that decide: 1 to 9 choose in the question at hand, t types, Enter saves, j and k walk through a list.

const questions = [...document.querySelectorAll('[data-question]:not([disabled])')]
const rows = [...document.querySelectorAll('[data-row]')]
const isDone = (question) => question.querySelector('input[type=radio]:checked') !== null

// Where the reader is, else what is not decided yet.
const atHand = () => questions.find((one) => one.contains(document.activeElement)) ?? questions.find((one) => !isDone(one)) ?? questions[0]

const choose = (question, radio) => {
  radio.checked = true
  radio.focus()
  const next = questions.find((one) => !isDone(one))
  if (next && next !== question) {
    next.querySelector('input[type=radio]').focus({ preventScroll: true })
    next.scrollIntoView({ block: 'nearest' })
  }
}

const keys = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select')) return
  const question = atHand()
  if (question && /^[1-9]$/.test(event.key)) {
    const radio = question.querySelectorAll('.head > .pick > input[type=radio]')[Number(event.key) - 1]
    if (radio) { event.preventDefault(); choose(question, radio) }
  } else if (question && event.key === 't') {
    const typed = question.querySelector('.typed')
    if (!typed) return
    event.preventDefault()
    typed.querySelector('input[type=radio]').checked = true
    for (const parts of typed.querySelectorAll('details')) parts.open = true
    typed.querySelector('input:not([type=radio]), select, textarea')?.focus()
  } else if (question && event.key === 'Enter' && !event.target.closest('a, button, summary, input')) {
    event.preventDefault()
    document.getElementById('decide').requestSubmit()
  } else if (rows.length && (event.key === 'j' || event.key === 'k')) {
    event.preventDefault()
    const at = rows.indexOf(document.activeElement)
    rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === 'j' ? 1 : -1)))].focus()
  }
}
document.addEventListener('keydown', keys)

// Whoever types has chosen to.
for (const typed of document.querySelectorAll('.typed')) {
  typed.addEventListener('input', (event) => {
    if (event.target.type !== 'radio') typed.querySelector('input[type=radio]').checked = true
  })
}
