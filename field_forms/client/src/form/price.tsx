// What is due, as the officer tells the worker: the sum, what it is made of, by which rule, and what it becomes.
import { discountRule, due, overMonths, PROGRAMS, type Asked as Priced, type Due, type Stretch } from '../contribution'
import { lang, t } from '../i18n'
import type { Rules } from '../types'
import { dayWords, isMonth, monthAfter, monthWords } from '../words/dates'
import { rupiah } from '../words/money'
import type { Filling } from './filling'
import type { FormInstance } from './model'

export function PriceNote({ filling }: { filling: Filling }) {
  const { rules, form } = filling
  if (!rules) return <p class="warn">{t('form.price-none')}</p>
  const named = said(form, 'months').split(' ').filter(isMonth)
  const asked = priced(form, rules, named[0] ?? filling.today().slice(0, 7))
  const missing = [!asked.programs.length && t('form.price-programs'), asked.sector === null && t('form.price-occupation')].filter(Boolean)
  if (missing.length) return <p class="says">{t('form.price-needs', { what: missing.join(', ') })}</p>
  const months = named.length || Math.max(1, Math.min(24, Number(said(form, 'payment_months')) || 1))
  let stretches: Stretch[]
  try {
    stretches = overMonths(asked, months, rules)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return <p class="warn">{t('form.price-none')}</p> // a payer or a programme that these rules do not know
  }
  const first = stretches[0]!
  const sum = stretches.reduce((all, one) => all + one.months * one.due.total, 0)
  return (
    <section class="price">
      <p class="estimate">{t('form.price-title')}</p>
      <p class="sum" role="status"><strong>{rupiah(first.due.total, lang())}</strong> {t('form.price-month')}</p>
      <Parts owed={first.due} />
      <p>{discountSays(asked, first.due, rules)}</p>
      {stretches.length > 1 && (
        <ul class="stretches">
          {stretches.map((one) => (
            <li><span>{span(one)}</span> <b>{t('form.price-each', { rupiah: rupiah(one.due.total, lang()) })}</b></li>
          ))}
        </ul>
      )}
      {months > 1 && <p class="total">{t('form.price-sum', { n: months })}: <b>{rupiah(sum, lang())}</b></p>}
      <Received sum={sum} filling={filling} />
      {!first.due.verified && <p class="warn">{t('form.price-warn')}</p>}
      <RulesUsed stretches={stretches} rules={rules} />
    </section>
  )
}

/** Where the form asks what was received: the sum by one press, and by how much what was written differs from it. */
function Received({ sum, filling }: { sum: number; filling: Filling }) {
  const cell = filling.form.named('amount')
  if (!cell || filling.form.readonly(cell)) return null
  const written = filling.form.value(cell)
  const off = typeof written === 'number' ? written - sum : null
  return (
    <>
      {!!off && <p class="says" role="status">{t(off < 0 ? 'form.price-less' : 'form.price-more', { rupiah: rupiah(Math.abs(off), lang()) })}</p>}
      {off !== 0 && <button type="button" class="button plain" onClick={() => filling.put(cell, sum)}>{t('form.price-take', { rupiah: rupiah(sum, lang()) })}</button>}
    </>
  )
}

/** From the answers that every form which prices names alike. */
export function priced(form: FormInstance, rules: Rules, month: string): Priced {
  const income = said(form, 'monthly_income')
  const occupation = said(form, 'occupation')
  return {
    income: /^\d+$/.test(income) ? Number(income) : null,
    sector: occupation ? rules.sectors[occupation] ?? 'other' : null,
    programs: said(form, 'programs').split(' ').filter((program) => (PROGRAMS as readonly string[]).includes(program)),
    funding: said(form, 'funding') || null,
    month,
  }
}

/** An answer; where the form asks for a worker instead, what is known of him. */
function said(form: FormInstance, name: string): string {
  const cell = form.named(name)
  if (cell) return form.text(cell)
  const worker = form.named('worker')
  const known = worker?.node.list === 'workers' ? form.chosen(worker, form.text(worker))?.[name] : undefined
  return typeof known === 'string' ? known : ''
}

function Parts({ owed }: { owed: Due }) {
  return (
    <dl class="sums">
      {Object.entries(owed.parts).map(([program, amount]) => <div><dt>{program}</dt><dd>{rupiah(amount, lang())}</dd></div>)}
      {owed.full !== owed.total && <div class="full"><dt>{t('form.price-full')}</dt><dd>{rupiah(owed.full, lang())}</dd></div>}
    </dl>
  )
}

function discountSays(asked: Priced, { discount }: Due, rules: Rules): string {
  if (discount !== 'applied') return t(`form.price-${discount}`)
  const rule = discountRule(asked.sector, asked.month, rules)!
  const programs = rule.value.programs.filter((program) => asked.programs.includes(program)).join(', ')
  const says = (until: string) => t('form.price-discount', { percent: rule.value.percent, programs, until })
  if (!rule.valid_to) return says('')
  return `${says(`, ${t('form.price-until', { day: dayWords(rule.valid_to, lang()) })}`)} ${afterwards(asked, rule.valid_to, rules)}`
}

function afterwards(asked: Priced, lastDay: string, rules: Rules): string {
  try {
    return t('form.price-ends', { rupiah: rupiah(due({ ...asked, month: monthAfter(lastDay.slice(0, 7), 1) }, rules).total, lang()) })
  } catch {
    return '' // these rules end there as well
  }
}

function span({ first, last }: Stretch): string {
  const words = (month: string) => monthWords(month, lang())
  return first === last ? words(first) : t('form.price-span', { first: words(first), last: words(last) })
}

function RulesUsed({ stretches, rules }: { stretches: Stretch[]; rules: Rules }) {
  const ids = new Set(stretches.reduce<string[]>((all, one) => all.concat(one.due.rules), []))
  return (
    <details>
      <summary>{t('form.price-rules')}</summary>
      <p>{t('form.price-base', { rupiah: rupiah(stretches[0]!.due.base, lang()) })}</p>
      <ul>
        {Array.from(ids, (id) => {
          const rule = rules.rules.find((one) => one.id === id.split(':')[0])
          if (!rule) return null
          const sure = id.includes(':') ? tierIsSure(id, rules) : rule.verified
          const dates = [rule.valid_from && t('form.price-since', { day: dayWords(rule.valid_from, lang()) }), rule.valid_to && t('form.price-until', { day: dayWords(rule.valid_to, lang()) })]
          return <li>{rule.title}{dates.some(Boolean) && `, ${dates.filter(Boolean).join(' ')}`}{!sure && <> <mark>{t('form.price-unsure')}</mark></>}</li>
        })}
      </ul>
    </details>
  )
}

function tierIsSure(id: string, rules: Rules): boolean {
  const [rule, from] = id.split(':')
  return rules.price.tiers.find((one) => one.id === rule)?.value.find((tier) => tier.from === Number(from))?.confidence === '2'
}
