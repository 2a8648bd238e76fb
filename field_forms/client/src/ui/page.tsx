import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n'
import { back } from '../router'
import { Icon } from './icon'

let first = true

/**
 * A screen: its bar on top with the way back, its heading, its content. The heading takes the focus when the screen appears, so that a
 * screen reader says where one is; not at the very first screen, and not where `focus` is false because a field there takes it.
 */
export function Page({ title, onBack = back, home, focus = true, side, class: more = '', children }: {
  title: string
  onBack?: () => void
  /** what stands at the left instead of the way back */
  home?: ComponentChildren
  focus?: boolean
  /** what stands at the right in the top bar */
  side?: ComponentChildren
  class?: string
  children: ComponentChildren
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    scrollTo(0, 0)
    if (focus && !first) heading.current!.focus({ preventScroll: true })
    first = false
  }, [])
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title])
  return (
    <>
      <header class="top">
        <div>
          {home ?? (
            <button type="button" class="round" onClick={onBack} aria-label={t('back')}>
              <Icon name="back" />
            </button>
          )}
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {side}
        </div>
      </header>
      <main id="main" tabIndex={-1} class={more}>{children}</main>
    </>
  )
}
