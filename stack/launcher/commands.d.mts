export const commands: Readonly<Record<string, { run: string[]; about: string }>>
