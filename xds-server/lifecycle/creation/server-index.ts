/** Objects by their key, and by the server that they were made for: each is looked at for every server again and again. */

export class ServerIndex<T> {
  readonly #objects = new Map<string, { readonly object: T; readonly server: string | undefined }>();
  readonly #byServer = new Map<string, Map<string, T>>();

  get(key: string): T | undefined {
    return this.#objects.get(key)?.object;
  }

  of(server: string): readonly T[] {
    return [...this.#byServer.get(server)?.values() ?? []];
  }

  servers(): ReadonlySet<string> {
    return new Set(this.#byServer.keys());
  }

  set(key: string, object: T, server: string | undefined): void {
    this.delete(key);
    this.#objects.set(key, { object, server });
    if (server === undefined) return;
    const siblings = this.#byServer.get(server) ?? new Map<string, T>();
    siblings.set(key, object);
    this.#byServer.set(server, siblings);
  }

  delete(key: string): void {
    const known = this.#objects.get(key);
    this.#objects.delete(key);
    if (known?.server === undefined) return;
    const siblings = this.#byServer.get(known.server);
    siblings?.delete(key);
    if (siblings?.size === 0) this.#byServer.delete(known.server);
  }
}
