import type { ComponentChildren } from 'preact'

/** One matter with its heading. */
export function Card({ title, children, class: more = '', ...rest }: { title?: ComponentChildren; children?: ComponentChildren; class?: string; id?: string }) {
  return (
    <section class={`card ${more}`} {...rest}>
      {title && <h2>{title}</h2>}
      {children}
    </section>
  )
}

/** What is known, word by word: [name, what]. What is not known is left out by the caller. */
export function Facts({ facts }: { facts: [ComponentChildren, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, what]) => (
        <div>
          <dt>{name}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  )
}
