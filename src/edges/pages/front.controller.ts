import { Config } from '../../config/index.js';
import { page, type Page } from './html.js';
import { PageController, Show } from './page.decorators.js';
import { FrontPage } from './templates/front.js';

@PageController()
export class FrontController {
  constructor(private readonly config: Config) {}

  @Show('/')
  show(): Page {
    return page(FrontPage, { takesEverybody: this.config.signUp === 'open' });
  }
}
