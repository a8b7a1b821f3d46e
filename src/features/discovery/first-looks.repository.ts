import { Injectable } from '@nestjs/common';
import type { LookUp } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { soon, type Soon } from '../../shared/soon.js';
import { acceptedLinksOf, type LinkRows } from '../links/index.js';
import { signedIn, signInOf, type SignedInColumns, type StoredSignIn } from '../sessions/index.js';

/** Who signed in with a token, and the accepted links of that account: of the same moment. */
interface FirstFound {
  readonly signIn: StoredSignIn;
  readonly links: LinkRows;
}

type Row = readonly [...SignedInColumns, links: LinkRows];

/** Device tokens with the links of their accounts, in one question. */
@Injectable()
export class FirstLooksRepository {
  readonly #find: LookUp;

  constructor(unitOfWork: UnitOfWork) {
    this.#find = unitOfWork.prepare(signedIn(acceptedLinksOf('a.id')));
  }

  /** Outside every unit of work; at once on SQLite. */
  findByDigest(digest: string): Soon<FirstFound | null> {
    return soon(this.#find(digest), (json) => {
      if (json === undefined) return null;
      const row = JSON.parse(json) as Row;
      return { signIn: signInOf(row), links: row[row.length - 1] as LinkRows };
    });
  }
}
