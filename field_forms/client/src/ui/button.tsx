import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icon'

interface Look {
  /** plain: an outline; main: what most people want here; danger: throws something away; quiet: text alone */
  look?: 'plain' | 'main' | 'danger' | 'quiet'
  icon?: IconName
  wide?: boolean
  children?: ComponentChildren
}

function classes({ look = 'plain', wide }: Look, more?: unknown): string {
  return `button ${look}${wide ? ' wide' : ''}${more ? ` ${more}` : ''}`
}

/** A busy button keeps its focus and its words, says so to readers, and does nothing. */
export function Button({ look, icon, wide, busy, children, onClick, ...rest }: Look & { busy?: boolean } & Omit<JSX.IntrinsicElements['button'], 'icon'>) {
  return (
    <button type="button" {...rest} class={classes({ look, wide }, rest.class)} aria-busy={busy || undefined} onClick={busy ? undefined : onClick}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

/** Looks like a button, goes to another screen. */
export function LinkButton({ look, icon, wide, children, href, ...rest }: Look & { href: string; id?: string; class?: string }) {
  return (
    <a {...rest} href={href} class={classes({ look, wide }, rest.class)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  )
}
