import { html } from 'hono/html'
import { profileNamed } from '../../profiles/index.ts'
import { idempotencyField } from './form.ts'
import type { Choosing } from './choosing.ts'
import type { Html } from './page.ts'

/** The form that holds what is chosen: the choice itself, what else its profile asks for, and for whom it is when somebody else books. */
export function holdForm({ offering, who, wanted }: Choosing, choice: Html, what: string): Html {
  const shape = profileNamed(offering.profile)?.shape
  if (shape === undefined || who.role === 'provider' || (shape.customersOnly && who.role !== 'customer')) {
    return html`<section class="card">
      ${choice}
      <p>
        ${who.role === 'provider' ? 'Providers do not book' : 'Only customers book this themselves'}: sign in as
        somebody who may.
      </p>
    </section>`
  }
  return html`<form class="card" method="post" action="/console/offerings/${encodeURIComponent(offering.id)}/hold">
    ${idempotencyField()} ${choice}
    ${
      shape.subject === 'required' &&
      field('subject', 'Subject', { value: wanted.one('subject'), required: true, maxlength: 100 })
    }
    ${
      shape.pet === 'optional' &&
      field('pet_id', 'Pet', {
        value: wanted.one('pet_id'),
        maxlength: 200,
        hint: 'Its id in the directory; may be left out.',
      })
    }
    ${
      who.role !== 'customer' &&
      html`<fieldset>
        <legend>For whom</legend>
        <div class="row">
          ${field('customer_id', 'Customer’s id', { value: wanted.one('customer_id'), maxlength: 200, required: true })}
          ${field('customer_name', 'Name', { value: wanted.one('customer_name'), maxlength: 200 })}
          ${field('customer_email', 'Email', { value: wanted.one('customer_email'), type: 'email', maxlength: 320 })}
        </div>
      </fieldset>`
    }
    ${field('notes', 'Notes', { maxlength: shape.notes })}
    <p class="row">
      <button class="primary" type="submit">Hold ${what}</button>
      <output data-chosen></output>
    </p>
  </form>`
}

/** A labelled field of text. */
export function field(
  name: string,
  label: string,
  {
    value,
    type = 'text',
    required = false,
    hint,
    ...limits
  }: {
    readonly value?: string | undefined
    readonly type?: 'text' | 'email' | 'number' | 'date' | 'time'
    readonly required?: boolean
    readonly hint?: string
    readonly maxlength?: number
    readonly min?: number
    readonly max?: number
  } = {},
): Html {
  return html`<p class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      ${value !== undefined && html`value="${value}"`}
      ${Object.entries(limits).map(([limit, most]) => html`${limit}="${most}" `)}
      ${required ? 'required' : ''}
      ${hint !== undefined && html`aria-describedby="${name}-hint"`}
    />
    ${hint !== undefined && html`<small id="${name}-hint">${hint}</small>`}
  </p>`
}
