// Counts a hold down, by the server's clock: it says how long is left, and only the time since then is the browser's.
const STEPS = [600, 300, 120, 60, 30, 10]

let timer

function start() {
  clearInterval(timer)
  const box = document.querySelector('[data-left]')
  if (box === null) return
  const clock = box.querySelector('[data-clock]')
  const progress = box.querySelector('progress')
  const end = performance.now() + Number(box.dataset.left) * 1000
  let said = Number(box.dataset.left)

  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
    progress.value = left
    const step = STEPS.find((each) => left <= each && each < said)
    if (step !== undefined && left > 0) say(left)
    said = left
    if (left > 0) return
    clearInterval(timer)
    say(0)
    document.dispatchEvent(new Event('holdfast:over'))
  }
  tick()
  timer = setInterval(tick, 250)
}

function say(left) {
  const words = left >= 60 ? `${Math.round(left / 60)} minutes` : `${left} seconds`
  const text = left === 0 ? 'The hold is over.' : `The hold lasts ${words} more.`
  document.querySelector('[data-announcer]').textContent = text
}

document.addEventListener('holdfast:changed', start)
start()
