// Says how many are chosen and what they cost, before fees, while they are chosen.
for (const group of document.querySelectorAll('[data-exponent]')) {
  const form = group.closest('form')
  const output = form?.querySelector('[data-chosen]')
  if (output == null) continue
  const { exponent, currency } = group.dataset

  const show = () => {
    const chosen = [...group.querySelectorAll('input:checked')]
    const sum = chosen.reduce((total, { dataset }) => total + Number(dataset.amount), 0)
    const money = `${(sum / 10 ** Number(exponent)).toFixed(Number(exponent))} ${currency}`
    output.textContent = chosen.length === 0 ? 'Nothing is chosen yet.' : `${chosen.length} chosen, ${money}`
  }
  group.addEventListener('change', show)
  show()
}
