/** How far something is. Without `of` it only shows that something is going on. */
export function Bar({ done, of, label }: { done?: number; of?: number; label: string }) {
  const known = of !== undefined && of > 0
  const part = known ? Math.min(1, (done ?? 0) / of) : undefined
  return (
    <div class={`bar${known ? '' : ' unknown'}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={known ? Math.round(part! * 100) : undefined}>
      <i style={known ? { transform: `scaleX(${part})` } : undefined} />
    </div>
  )
}
