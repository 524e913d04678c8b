/** Expected trouble is a value: what came out, or what was wrong with what went in. */
export type Result<T, P> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: P };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const notOk = <P>(problem: P): { readonly ok: false; readonly problem: P } => ({ ok: false, problem });
