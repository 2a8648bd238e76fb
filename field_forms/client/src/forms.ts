import type { Draft, Phone } from './types'

export type FormName = Awaited<ReturnType<Phone['forms']>>[number]

/** The form that a kind is made or changed with: the one of the kind's own name, else the first there is. Where none changes it, the one that makes it. */
export function formFor(forms: FormName[], kind: string, does: 'create' | 'edit'): FormName | undefined {
  const fit = forms.filter((form) => form.kind === kind && form.does === does)
  return fit.find((form) => form.name === kind) ?? fit[0] ?? (does === 'edit' ? formFor(forms, kind, 'create') : undefined)
}

/** What `worker@3` is called. */
export function titleIn(forms: FormName[], form: string): FormName['title'] | undefined {
  return forms.find((one) => one.name === form.split('@')[0])?.title
}

/** Whether anything was typed since the form was opened. */
export function isTouched(draft: Draft): boolean {
  return draft.saved !== draft.begun
}
