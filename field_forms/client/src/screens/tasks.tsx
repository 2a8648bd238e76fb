import './later'
import { known, t } from '../i18n'
import { to } from '../router'
import { HEARD } from '../tasks'
import type { Phone, Task } from '../types'
import { Button, LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Icon } from '../ui/icon'
import { Page } from '../ui/page'
import { ago } from '../ui/words'

const ORDER: Task['why'][] = ['correct', 'returned', 'incomplete', 'conflict', 'notice', 'lapsed', 'in_arrears', 'due_soon']
/** What the officer himself has to mend; the rest is to be known, or waits for somebody else. */
const HIS = new Set<Task['why']>(['correct', 'returned', 'incomplete'])

export function TasksScreen({ phone }: { phone: Phone }) {
  const tasks = useAsked(phone, () => phone.tasks())
  if (!tasks) return <Page title={t('tasks.title')}>{null}</Page>
  return (
    <Page title={t('tasks.title')}>
      {!tasks.length && <Empty act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('tasks.none')}</Empty>}
      {ORDER.map((why) => <Group phone={phone} why={why} tasks={tasks.filter((one) => one.why === why)} />)}
    </Page>
  )
}

function Group({ phone, why, tasks }: { phone: Phone; why: Task['why']; tasks: Task[] }) {
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
            <Act task={task} />
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

/** Each leads to the question itself, not to the beginning of a form. */
function Act({ task }: { task: Task }) {
  const at: { [name: string]: string } = task.fields[0] ? { at: task.fields[0] } : {}
  const page = to(task.kind === 'worker' ? 'worker' : 'record', [task.record])
  if (task.why === 'correct') return <LinkButton look="main" icon="edit" href={to('correct', [task.seq!], at)}>{t('tasks.correct')}</LinkButton>
  if (task.why === 'incomplete' || task.why === 'returned') return <LinkButton look="main" icon="edit" href={to('edit', [task.record], at)}>{t('tasks.fill')}</LinkButton>
  if (task.why === 'due_soon' || task.why === 'in_arrears' || task.why === 'lapsed') return <LinkButton icon="coin" href={to('new', ['contribution', task.record])}>{t('tasks.pay')}</LinkButton>
  return task.record ? <LinkButton href={page}>{t('tasks.look')}</LinkButton> : null
}
