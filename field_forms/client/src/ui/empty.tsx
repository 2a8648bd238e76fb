import type { ComponentChildren } from 'preact'

/** Nothing here: says so, and what could be done next. */
export function Empty({ children, act }: { children: ComponentChildren; act?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{children}</p>
      {act}
    </div>
  )
}
