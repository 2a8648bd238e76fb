import './later'
import { useState } from 'preact/hooks'
import { known, t } from '../i18n'
import { to } from '../router'
import { saysOf } from '../says'
import { CARD, HEARD } from '../tasks'
import type { Owed, Phone, Task } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { useAsked, useBusy } from '../ui/hooks'
import { Icon } from '../ui/icon'
import { Page } from '../ui/page'
import { ago, num } from '../ui/words'
import { isDay, today } from '../words/dates'

const OWED: Owed[] = ['lapsed', 'in_arrears', 'due_soon', 'card', 'reactivated']
const ORDER: Task['why'][] = ['correct', 'returned', 'incomplete', 'conflict', 'notice', ...OWED]
/** What the officer himself has to mend; the rest is to be known, or waits for somebody else. */
const HIS = new Set<Task['why']>(['correct', 'returned', 'incomplete'])

/** list: the one list that is asked for; else all. */
export function TasksScreen({ phone, list }: { phone: Phone; list?: string | undefined }) {
  const tasks = useAsked(phone, () => phone.tasks())
  const [said, say] = useState('')
  if (!tasks) return <Page title={t('tasks.title')}>{null}</Page>
  return (
    <Page title={t('tasks.title')}>
      {!tasks.length && <Empty act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('tasks.none')}</Empty>}
      {said && <Banner kind="good" title={said} />}
      <Lists tasks={tasks} list={list} />
      {ORDER.filter((why) => !list || why === list).map((why) => <Group phone={phone} why={why} say={say} tasks={tasks.filter((one) => one.why === why)} />)}
    </Page>
  )
}

/** The five lists of contributions and cards, each with its number. */
function Lists({ tasks, list }: { tasks: Task[]; list: string | undefined }) {
  const counts = OWED.map((why) => [why, tasks.filter((one) => one.why === why).length] as const)
  if (!list && !counts.some(([, n]) => n)) return null
  return (
    <nav class="owed" aria-label={t('tasks.lists')}>
      {counts.map(([why, n]) => (
        <a href={to('tasks', [], { list: why })} aria-current={why === list ? 'page' : undefined} key={why}>
          <b>{num(n)}</b> {t(`why.${why}`)}
        </a>
      ))}
      {list && <a href={to('tasks')}>{t('tasks.all')}</a>}
    </nav>
  )
}

function Group({ phone, why, tasks, say }: { phone: Phone; why: Task['why']; tasks: Task[]; say: (said: string) => void }) {
  if (!tasks.length) return null
  return (
    <section class="group">
      <h2>{t(`why.${why}`)} <span class="badge">{tasks.length}</span></h2>
      <p class="hint">{t(`why.${why}.text`)}</p>
      <ul class="cards">
        {tasks.map((task) => (
          <li class={`card task ${HIS.has(why) ? 'bad' : ''}`} key={task.id}>
            <h3>{task.name || t(`kind.${task.kind}`)}</h3>
            {task.fields.some(isNamed) && <p><strong>{task.fields.filter(isNamed).map((field) => t(`field.${field}`)).join(', ')}</strong></p>}
            {task.says.map((sentence) => <p>{sentence}</p>)}
            {task.note && <p><strong>{t('tasks.note')}</strong> {task.note}</p>}
            <p class="hint"><Icon name="clock" /> {ago(Date.parse(task.at))}</p>
            {why === 'card' ? <CardGiven phone={phone} task={task} say={say} /> : <Act task={task} />}
            {(why === 'notice' || why === 'returned') && <Button look="quiet" onClick={() => void putAway(phone, task)}>{t('tasks.away')}</Button>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function isNamed(field: string): boolean {
  return known(`field.${field}`)
}

/** It was read; the record that it was about stays as it is. */
async function putAway(phone: Phone, { id }: Task): Promise<void> {
  const heard = (await phone.get<number[]>(HEARD)) ?? []
  await phone.put(HEARD, [...heard, Number(id.replace('notice:', ''))])
}

/** One tap, today; another day may be chosen before. It goes the way of every change, with a line or without. */
function CardGiven({ phone, task, say }: { phone: Phone; task: Task; say: (said: string) => void }) {
  const [on, setOn] = useState(today())
  const [wrong, setWrong] = useState('')
  const [busy, run] = useBusy()
  const id = `given-${task.record}`
  const give = () => {
    if (!isDay(on) || on > today()) return setWrong(t('tasks.given_wrong'))
    run(async () => {
      try {
        const opened = await phone.open(task.record)
        if (opened) await phone.save('worker', task.record, opened.village, { [CARD]: on }, { form: 'card@1', opened })
        say(t('tasks.given_done', { name: task.name }))
      } catch (error) {
        setWrong(saysOf(error))
      }
    })
  }
  return (
    <>
      <div class="field">
        <label for={id}>{t('tasks.given_on')}</label>
        <input id={id} type="date" max={today()} value={on} aria-invalid={!!wrong || undefined} aria-describedby={`${id}-wrong`} onInput={(event) => setOn(event.currentTarget.value)} />
        <p class="error" id={`${id}-wrong`} role="alert">{wrong}</p>
      </div>
      <Button look="main" icon="done" busy={busy} onClick={give}>{t('tasks.given')}</Button>
      <LinkButton href={to('worker', [task.record])}>{t('tasks.look')}</LinkButton>
    </>
  )
}

/** Each leads to the question itself, not to the beginning of a form. */
function Act({ task }: { task: Task }) {
  const at: { [name: string]: string } = task.fields[0] ? { at: task.fields[0] } : {}
  const page = to(task.kind === 'worker' ? 'worker' : 'record', [task.record])
  if (task.why === 'correct') return <LinkButton look="main" icon="edit" href={to('correct', [task.seq!], at)}>{t('tasks.correct')}</LinkButton>
  if (task.why === 'incomplete' || task.why === 'returned') return <LinkButton look="main" icon="edit" href={to('edit', [task.record], at)}>{t('tasks.fill')}</LinkButton>
  if (task.why === 'due_soon' || task.why === 'in_arrears' || task.why === 'lapsed') return <LinkButton icon="coin" href={to('new', ['contribution', task.record])}>{t('tasks.pay')}</LinkButton>
  return task.record ? <LinkButton href={page}>{t('tasks.look')}</LinkButton> : null
}
