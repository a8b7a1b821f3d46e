import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI file of the running broker, made when it is first asked for: it costs the start nothing. */
@Injectable()
export class ApiReference {
  #make: (() => OpenAPIObject) | undefined;
  #document: OpenAPIObject | undefined;

  /** Told by whoever builds the application: only the whole of it knows all operations. */
  describedBy(make: () => OpenAPIObject): void {
    this.#make = make;
  }

  get document(): OpenAPIObject {
    if (!this.#make) throw new Error('nobody said how to describe the API');
    return (this.#document ??= this.#make());
  }
}
