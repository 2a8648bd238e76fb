// Money: whole rupiah.

/** 1500000 -> `1.500.000`, in English `1,500,000`. Takes digits as well, so that what is being typed can be grouped. */
export function grouped(amount: number | string, lang: string = 'id'): string {
  return String(amount).replace(/\B(?=(\d{3})+(?!\d))/g, lang === 'en' ? ',' : '.')
}

/** `Rp16.800`; in English `Rp16,800`. */
export function rupiah(amount: number, lang: string = 'id'): string {
  return `${amount < 0 ? '-' : ''}Rp${grouped(Math.abs(amount), lang)}`
}
