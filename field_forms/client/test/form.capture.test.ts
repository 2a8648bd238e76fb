import { describe, expect, it } from 'vitest'
import vectors from '../../../schemas/vectors/capture.json'
import { changedFields, newFields, prefill } from '../src/form/capture'
import { FormInstance } from '../src/form/model'
import type { Answers, Choice, CompiledForm, Fields } from '../src/types'

interface Vector {
  name: string
  form: string
  answers: Answers
  today: string
  now: string
  fields: Fields
  lists?: { [list: string]: Choice[] }
  opened?: Fields
  shown?: Answers
  complaints?: [string, string][]
}

const forms = vectors.forms as unknown as { [name: string]: CompiledForm }

describe('answers become fields on the phone as at the centre', () => {
  for (const vector of vectors.cases as unknown as Vector[]) {
    it(vector.name, () => {
      const form = forms[vector.form]!
      const filled = new FormInstance(form, {
        rows: (list) => vector.lists?.[list] ?? [], today: () => vector.today, now: () => vector.now, lang: () => 'id',
      }, vector.answers)
      expect(vector.opened ? changedFields(filled, vector.opened) : newFields(filled)).toEqual(vector.fields)
      if (vector.shown) expect(prefill(form, vector.opened!)).toEqual(vector.shown)
      if (vector.complaints) expect(filled.faults().map(({ cell, fault }) => [cell.path, fault])).toEqual(vector.complaints)
    })
  }
})
