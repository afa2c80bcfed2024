const quietMs = 3000
const repeatMs = 15_000
const live = Boolean(process.stderr.isTTY)
/** Steps under way, and when each began. */
const steps = new Set()
let drawn = false
let timer

function seconds(since) {
  const elapsed = (Date.now() - since) / 1000
  return `${elapsed < 10 ? elapsed.toFixed(1) : Math.round(elapsed)} s`
}

function clear() {
  if (drawn) process.stderr.write('\r\u001B[K')
  drawn = false
}

function draw() {
  const slow = [...steps].filter(({ began }) => Date.now() - began > quietMs)
  if (!live) {
    for (const step of slow) {
      if (Date.now() - step.shown < repeatMs) continue
      console.error(step.shown === 0 ? `${step.label} …` : `${step.label} … ${seconds(step.began)}`)
      step.shown = Date.now()
    }
    return
  }
  clear()
  if (slow.length === 0) return
  const line = slow.map(({ label, began }) => `${label} … ${seconds(began)}`).join(' · ')
  process.stderr.write(line.slice(0, (process.stderr.columns ?? 80) - 1))
  drawn = true
}

/** Prints a line of text on stdout, above the line that shows what is under way. */
export function say(text) {
  clear()
  console.log(text)
}

/**
 * Does `work` and, when it takes more than 3 s, shows its label with the seconds gone by: a line that changes on a
 * terminal, a line now and then elsewhere. With `always` even a short one gets its line. Gives the work's result and lets
 * its failure through.
 */
export async function step(label, work, { always = false } = {}) {
  const entry = { label, began: Date.now(), shown: 0 }
  steps.add(entry)
  timer ??= setInterval(draw, 500)
  try {
    const result = await work()
    clear()
    if (always || Date.now() - entry.began > quietMs) console.error(`${label} … ${seconds(entry.began)}`)
    return result
  } finally {
    clear()
    steps.delete(entry)
    if (steps.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}
