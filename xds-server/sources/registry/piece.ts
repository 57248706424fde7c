/** One piece of a registry file, a server or a section: where it stands, and what was read from it. */

import type { RegistryNode } from "./registry-node.js";

export interface Piece {
  readonly name: string;
  /** Where offset 0 of its nodes lies in the file. */
  readonly start: number;
  readonly reading: PieceReading;
}

/**
 * What was read from one text. It is the same object as long as the text is the same, so that whatever follows from it
 * is remembered by it. Ten thousand checked entries need not keep their nodes: they can be read again from the text.
 */
export class PieceReading {
  readonly keyOffset: number;
  readonly #readAgain: ((text: string) => RegistryNode) | undefined;
  readonly #text: string;
  #node: RegistryNode | undefined;

  /** Without `node`, it is read when somebody asks for it. */
  constructor(keyOffset: number, node: RegistryNode | undefined, text = "", readAgain?: (text: string) => RegistryNode) {
    this.keyOffset = keyOffset;
    this.#node = node;
    this.#text = text;
    this.#readAgain = readAgain;
  }

  get node(): RegistryNode {
    if (this.#node !== undefined) return this.#node;
    if (this.#readAgain === undefined) throw new Error("a reading without a text was forgotten");
    return this.#node = this.#readAgain(this.#text);
  }

  /** Lets the nodes go, where they can be had again. */
  forget(): void {
    if (this.#readAgain !== undefined) this.#node = undefined;
  }
}

export const nothingRead = new PieceReading(0, { kind: "scalar", value: null, offset: 0 });
