// What is on a worker's slip, and the slip as a picture. Lists and papers show no whole NIK: a slip gets lost on a boat.
import { overMonths, PROGRAMS, type Asked } from './contribution'
import { t } from './i18n'
import { namesOf, villageName } from './screens/around'
import type { Fields, Opened, Phone, Rules } from './types'
import { day, masked, month, rupiah } from './ui/words'
import { monthAfter, today } from './words/dates'

export interface Slip {
  record: string
  name: string
  /** name of a fact, the fact */
  facts: [string, string][]
  /** who to ask, in one sentence */
  ask: string
}

/** null when the record is not on this phone. */
export async function slipOf(phone: Phone, record: string): Promise<Slip | null> {
  const worker = await phone.open(record)
  if (!worker || worker.kind !== 'worker') return null
  const [names, village, rules] = await Promise.all([namesOf(phone, 'worker'), villageName(phone, worker.village), phone.rules()])
  const { fields } = worker
  const programs = PROGRAMS.filter((program) => list(fields.programs).includes(program))
  const facts: [string, string][] = [
    [t('slip.nik'), fields.nik ? masked(String(fields.nik)) : t('slip.no_nik')],
    [t('slip.village'), village],
    [t('slip.occupation'), fields.occupation === 'other' ? words(fields.occupation_text) : names('occupation', fields.occupation)],
    [t('slip.programs'), programs.map((program) => t(`slip.${program}`)).join(', ')],
    [t('slip.funding'), names('funding', fields.funding ?? 'self')],
    [t('slip.estimate'), estimate(fields, rules)],
    [t(ownDevice(phone, worker) ? 'slip.by' : 'slip.printed_by'), phone.who().officer.name],
    [t('slip.day'), day(await madeOn(phone, worker))],
    [t('slip.record'), record],
  ]
  return { record, name: words(fields.full_name), facts: facts.filter(([, fact]) => fact), ask: t('slip.ask', { village }) }
}

/** What is due from this month on as far as the rules on the phone tell; '' where they do not. */
function estimate(fields: Fields, rules: Rules | null): string {
  const programs = list(fields.programs)
  if (!rules || !programs.length) return ''
  const asked: Asked = {
    income: typeof fields.monthly_income === 'number' ? fields.monthly_income : null,
    sector: fields.occupation ? rules.sectors[String(fields.occupation)] ?? 'other' : null,
    programs,
    funding: typeof fields.funding === 'string' ? fields.funding : null,
    month: today().slice(0, 7),
  }
  try {
    const months = Number(fields.payment_months) || 1
    const stretches = overMonths(asked, months, rules)
    // A discount may end in the middle: then one sum a month would be a promise that is not kept.
    const sums = stretches.map(({ first, due: { total } }, n) => t(n ? 'slip.then' : 'slip.a_month', { sum: rupiah(total), from: month(first) })).join(', ')
    if (months === 1) return sums
    const all = rupiah(stretches.reduce((total, stretch) => total + stretch.months * stretch.due.total, 0))
    return t('slip.months', { sums, n: months, all, from: month(asked.month), to: month(monthAfter(asked.month, months - 1)) })
  } catch {
    return '' // a programme, payer or month that these rules do not know
  }
}

async function madeOn(phone: Phone, worker: Opened): Promise<string> {
  if (typeof worker.fields.registered_at === 'string') return worker.fields.registered_at
  const first = (await phone.history(worker.record)).map((happened) => happened.at).sort()[0]
  return first ? today(new Date(first)) : today()
}

const ownDevice = (phone: Phone, worker: Opened) => worker.record.startsWith(`${phone.who().device}-`)
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const words = (value: unknown): string => (typeof value === 'string' ? value : '')

const WIDE = 720
const EDGE = 40
const FONT = "system-ui, Roboto, 'Noto Sans', sans-serif"

/** The slip as a picture of 720 pixels across, as messengers show it. Rejects where the browser draws none. */
export async function picture(slip: Slip): Promise<File> {
  const canvas = document.createElement('canvas')
  canvas.width = WIDE
  canvas.height = draw(canvas.getContext('2d')!, slip, false)
  draw(canvas.getContext('2d')!, slip, true)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('no picture')
  return new File([blob], `sambung-${slip.record.replace(/[^\w-]/g, '')}.png`, { type: 'image/png' })
}

/** Answers how high it became. The first time nothing is drawn: a canvas forgets all when its height is set. */
function draw(pen: CanvasRenderingContext2D, slip: Slip, really: boolean): number {
  const inside = WIDE - 2 * EDGE
  let y = 0
  const box = (colour: string, x: number, top: number, wide: number, high: number) => {
    pen.fillStyle = colour
    if (really) pen.fillRect(x, top, wide, high)
  }
  const write = (text: string, size: number, weight: number, colour: string, x = EDGE, wide = inside) => {
    pen.font = `${weight} ${size}px ${FONT}`
    for (const line of wrapped(pen, text, wide)) {
      y += Math.round(size * 1.32)
      pen.fillStyle = colour
      if (really) pen.fillText(line, x, y - Math.round(size * 0.32))
    }
  }
  if (really) box('#ffffff', 0, 0, WIDE, pen.canvas.height)
  box('#0b4f6c', 0, 0, WIDE, 118)
  y = 20
  write(t('slip.title'), 34, 700, '#ffffff')
  write(t('app.name'), 22, 400, '#ffffff')
  y = 140
  write(slip.name, 40, 700, '#10222b')
  y += 12
  for (const [name, fact] of slip.facts) {
    box('#b9c6cc', EDGE, y, inside, 1)
    y += 6
    write(name, 21, 400, '#42555f')
    write(fact, 27, 600, '#10222b')
    y += 8
  }
  y += 10
  const top = y
  y += 14
  const warn = () => {
    write(t('slip.no_proof'), 27, 700, '#10222b', EDGE + 20, inside - 40)
    write(t('slip.when'), 23, 400, '#10222b', EDGE + 20, inside - 40)
    y += 16
  }
  const before = y
  const drawn = really
  really = false
  warn() // to know how high the box behind it is
  really = drawn
  box('#fff3d1', EDGE, top, inside, y - top)
  box('#f2a900', EDGE, top, 8, y - top)
  y = before
  warn()
  y += 16
  write(slip.ask, 24, 600, '#10222b')
  return y + 36
}

function wrapped(pen: CanvasRenderingContext2D, text: string, wide: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word
    if (pen.measureText(longer).width <= wide || !line) line = longer
    else {
      lines.push(line)
      line = word
    }
    while (pen.measureText(line).width > wide) { // one word that is wider than the paper
      let fits = line.length - 1
      while (fits > 1 && pen.measureText(line.slice(0, fits)).width > wide) fits--
      lines.push(line.slice(0, fits))
      line = line.slice(fits)
    }
  }
  return line ? [...lines, line] : lines
}

