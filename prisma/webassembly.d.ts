/** The one corner of WebAssembly that is used here; the full types live in TypeScript's DOM library, which a server does not want. */
declare namespace WebAssembly {
  function instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}
