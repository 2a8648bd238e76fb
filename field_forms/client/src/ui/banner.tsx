import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon'

const ICON: { [kind: string]: IconName } = { warn: 'warn', bad: 'warn', good: 'done', info: 'info' }

/** Something that the officer should know on this screen. `urgent` interrupts a screen reader; most things do not deserve it. */
export function Banner({ kind = 'info', title, urgent, children, act }: {
  kind?: 'info' | 'warn' | 'bad' | 'good'
  title?: ComponentChildren
  urgent?: boolean
  children?: ComponentChildren
  act?: ComponentChildren
}) {
  return (
    <div class={`banner ${kind}`} role={urgent ? 'alert' : 'status'}>
      <Icon name={ICON[kind]!} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
        {act && <div class="acts">{act}</div>}
      </div>
    </div>
  )
}
