import { Config } from '../../config/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { page, seeOther, type Page } from './html.js';
import { Browser, PageController, Show } from './page.decorators.js';
import { FrontPage } from './templates/front.js';

/** For strangers; people who are signed in go straight to their servers. */
@PageController()
export class FrontController {
  constructor(private readonly config: Config) {}

  @Show('/')
  show(@Browser() browser: SignedInBrowser | undefined): Page {
    if (browser) return seeOther('/servers');
    return page(FrontPage, { takesEverybody: this.config.signUp === 'open' });
  }
}
