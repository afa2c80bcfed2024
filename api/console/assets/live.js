// Shows what happens without a reload: at each event the page is asked for again, and those of its parts that changed are put in their places.
const root = document.querySelector('[data-events]')
// What follows from an event at other services is in the timeline a moment later.
const AFTERWARDS_MS = 1500
const AGAIN_MS = 5000

let isAsking = false
let isWanted = false

async function refresh() {
  if (isAsking) {
    isWanted = true
    return
  }
  isAsking = true
  try {
    const response = await fetch(location.href)
    // Signed out meanwhile.
    if (response.redirected) return location.reload()
    if (response.ok) show(new DOMParser().parseFromString(await response.text(), 'text/html'))
  } catch {
    // The next event asks again.
  } finally {
    isAsking = false
  }
  if (!isWanted) return
  isWanted = false
  await refresh()
}

function show(page) {
  let hasChanged = false
  for (const next of page.querySelectorAll('[data-live]')) {
    const current = root.querySelector(`[data-live="${next.dataset.live}"]`)
    if (current === null || current.dataset.stamp === next.dataset.stamp) continue
    const hadFocus = current.contains(document.activeElement)
    if (next.dataset.says !== current.dataset.says) {
      root.querySelector('[data-announcer]').textContent = next.dataset.says ?? ''
    }
    current.replaceWith(next)
    // What was being used is gone: the keyboard goes on from the top of the page.
    if (hadFocus) document.querySelector('main').focus({ preventScroll: true })
    hasChanged = true
  }
  if (hasChanged) document.dispatchEvent(new Event('holdfast:changed'))
}

let afterwards
function soon() {
  void refresh()
  clearTimeout(afterwards)
  afterwards = setTimeout(refresh, AFTERWARDS_MS)
}

// A browser comes back by itself when a stream ends, but not when it was refused one: too many are open, or nobody is signed in any more.
function listen() {
  const source = new EventSource(root.dataset.events)
  source.addEventListener('message', soon)
  source.addEventListener('error', () => {
    if (source.readyState !== EventSource.CLOSED) return
    void refresh()
    setTimeout(listen, AGAIN_MS)
  })
}

listen()
document.addEventListener('holdfast:over', soon)
