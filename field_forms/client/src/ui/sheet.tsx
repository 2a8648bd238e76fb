import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A question over the screen. The browser's own dialog keeps the focus inside and gives it back; Escape and Back-swipe close it. */
export function Sheet({ title, children, acts, onClose }: {
  title: ComponentChildren
  children?: ComponentChildren
  acts: ComponentChildren
  onClose: () => void
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const shown = dialog.current!
    if (!shown.open) shown.showModal()
    shown.querySelector('h2')!.focus()
    return () => shown.close()
  }, [])
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="sheet-title" onCancel={(event) => (event.preventDefault(), onClose())} onClick={(event) => event.target === dialog.current && onClose()}>
      <div>
        <h2 id="sheet-title" tabIndex={-1}>{title}</h2>
        {children}
        <div class="acts">{acts}</div>
      </div>
    </dialog>
  )
}
